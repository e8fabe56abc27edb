"""The canary: a test page to each person by each of their channels, through the outbox as a real one."""

from __future__ import annotations

from watchtower.core.events import CanaryAsked
from watchtower.core.incident.incidents import Page, named
from watchtower.core.notify.channel_choice import kind_of
from watchtower.core.notify.messages import Message
from watchtower.core.notify.pages import by_channels
from watchtower.core.state import Step
from watchtower.model import Severity
from watchtower.page_kinds import PageKind
from watchtower.texts.reasons import PageReason

BOOK = "canary"
"""Its pages stand in a log of their own, as `canary-1795948200`: by the second in which it was asked for."""


def send(step: Step, event: CanaryAsked) -> None:
    """Queues the pages; none for people or channels that are not in the plan."""
    plan, origin = step.plan, step.state.instance
    book = f"{BOOK}-{int(step.at)}"
    kinds = dict.fromkeys(kind_of(name) for name in plan.channels)
    for name, channel in by_channels(plan, event.responders or plan.responders, kinds, strictly=True):
        message = Message(
            kind=PageKind.TEST, product=plan.product, incident=book, number=1, severity=Severity.P4,
            previous_severity=None, status="triggered", reason=PageReason.CANARY, title=plan.product, flow="",
            because=(), onset=step.at, at=step.at, informs=True,
        )  # fmt: skip
        id = named(f"{book}.{name}.{channel}", origin)
        page = Page(id, book, name, channel, PageKind.TEST, message, step.at, origin=origin)
        step.announce(page, PageReason.CANARY)
