"""The canary: a test page to each person by each configured channel, through the outbox as a real one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from watchtower.core.events import CanaryAsked
from watchtower.core.incident.incidents import Page, named
from watchtower.core.notify.channel_choice import kind_of
from watchtower.core.notify.messages import Message
from watchtower.core.people.unproven import vendors
from watchtower.core.plan import Plan
from watchtower.core.state import Step
from watchtower.model import ChannelName, Severity
from watchtower.page_kinds import PageKind
from watchtower.texts.reasons import PageReason

BOOK = "canary"
"""Its pages stand in a log of their own, as `canary-1795948200123`: by the millisecond in which it was asked for.

Of two canaries in one second the later one would be taken for the earlier one's pages, and send nothing."""


def send(step: Step, event: CanaryAsked) -> None:
    """Queues the pages; none for people or channels that are not in the plan."""
    plan, origin = step.plan, step.state.instance
    book = f"{BOOK}-{int(step.at * 1000)}"
    for name, channel, kind in ways(plan, event.responders or plan.responders):
        message = Message(
            kind=PageKind.TEST, product=plan.product, incident=book, number=1, severity=Severity.P4,
            previous_severity=None, status="triggered", reason=PageReason.CANARY, title=plan.product, flow="",
            because=(), onset=step.at, at=step.at, informs=True,
        )  # fmt: skip
        id = named(f"{book}.{name}.{channel}", origin)
        others = tuple(one for one in plan.channels if kind_of(one) == kind and one != channel)
        page = Page(id, book, name, kind, PageKind.TEST, message, step.at, origin=origin, spent=others)
        step.announce(page, PageReason.CANARY)


def ways(plan: Plan, names: Iterable[str]) -> Iterator[tuple[str, str, ChannelName]]:
    """Each person with each configured channel that carries their pages, as "sms.cn", and its kind."""
    for responder in filter(None, map(plan.responders.get, names)):
        for kind in responder.addresses:
            for channel in vendors(plan, responder, kind):
                if channel in plan.channels:
                    yield responder.name, channel, kind


def carrier(plan: Plan, page: Page) -> str:
    """The configured channel by which a page of a canary goes."""
    mine = (channel for who, channel, kind in ways(plan, [page.responder]) if kind == page.channel)
    return next((channel for channel in mine if channel not in page.spent), page.channel)
