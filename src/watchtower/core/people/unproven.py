"""At P0 and P1 an accepted page is no proof: who neither acknowledged nor got it by two vendors is paged by another one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from watchtower.core.incident.incidents import PENDING, TAKEN, Address, Incident, PageState
from watchtower.core.incident.kinds import IncidentKind
from watchtower.core.notify.channel_choice import chosen, vendor_of
from watchtower.core.notify.pages import PageRequest, page
from watchtower.core.notify.taken_pages import TakenPage
from watchtower.core.plan import Plan
from watchtower.core.plan.paging import Responder
from watchtower.core.state import Step
from watchtower.model import IncidentState, Instant, Severity, Text
from watchtower.page_kinds import PageKind
from watchtower.texts.reasons import PageReason

URGENT = (Severity.P0, Severity.P1)
NOTE = Text(
    "Another way: nothing shows that the message before arrived", "换渠道通知：无法证明此前的消息已到达"
)
PATIENCE = 120.0
"""Seconds from the first accepted page until the next vendor is asked."""
RECEIPT_WITHIN = 300.0
"""Seconds in which a receipt comes, where a channel promises one: a page without it counts no more."""


def due(step: Step, incident: Incident) -> Iterable[Instant]:
    """When it is looked at again."""
    if _wanted(incident):
        for one in step.state.taken.of(incident.id):
            if one.at + RECEIPT_WITHIN > step.at:  # there are hundreds of a long night
                yield from (one.at + PATIENCE, one.at + RECEIPT_WITHIN)


def advance(step: Step, incident: Incident) -> None:
    """Pages everybody to whom it is due by a vendor that was not tried."""
    if not _wanted(incident):
        return
    taken: dict[str, list[TakenPage]] = {}
    for one in step.state.taken.of(incident.id):
        if not one.page.message.informs and not one.page.kind.ends:
            taken.setdefault(one.page.responder, []).append(one)
    for name, mine in taken.items():
        responder = step.plan.responders.get(name)
        if (
            responder is None
            or step.at < min(one.at for one in mine) + PATIENCE
            or _proven(step, incident, responder, mine)
        ):
            continue
        for address, spent in _others(step, incident, responder, mine):
            roles = {name: mine[-1].page.message.role}
            request = PageRequest(
                PageKind.NEW, PageReason.UNPROVEN, note=NOTE, quiet=True, roles=roles, spent=spent
            )
            before = step.state.incidents[incident.id]
            page(step, before, request, [address])
            if step.state.incidents[incident.id].pages > before.pages:  # no silence holds it back
                step.state.hinted.add((incident.id, _tried(address, spent)))
            break


def vendors(plan: Plan, responder: Responder, kind: str) -> dict[str, str]:
    """The vendor of each channel that may carry a page of this kind to this person, by the channel's name."""
    names = chosen(plan.channels, responder, kind) or [kind]
    return {name: vendor_of(name, plan.channels.get(name)) for name in names}


def _wanted(incident: Incident) -> bool:
    waits = incident.state is IncidentState.TRIGGERED and incident.kind is not IncidentKind.UNREACHED
    return waits and incident.severity in URGENT


def _proven(step: Step, incident: Incident, responder: Responder, mine: Sequence[TakenPage]) -> bool:
    """Whether the phone or the mailbox has it, or two vendors have taken it of which neither is what fails here."""
    alerts = step.state.alerts.of(incident.id)
    watched = {check.vendor for alert in alerts if (check := step.plan.checks.get(alert.check))}
    carried: dict[tuple[str, str, tuple[str, ...]], str] = {}
    for one in mine:
        if one.proven:
            return True
        way = _way(one)
        if way not in carried and _counts(step, one):
            carried[way] = _vendor(step.plan, responder, *way)
    return len({*carried.values()} - watched) > 1


def _counts(step: Step, one: TakenPage) -> bool:
    settings, traits = step.plan.channels.get(one.channel), step.plan.kinds.get(one.page.channel)
    vouches = traits is None or traits.vouches
    overdue = getattr(settings, "reports", False) and step.at >= one.at + RECEIPT_WITHIN
    return vouches and one.page.state in TAKEN and not overdue


def _others(
    step: Step, incident: Incident, responder: Responder, mine: Sequence[TakenPage]
) -> Iterator[tuple[Address, tuple[str, ...]]]:
    """Addresses behind a vendor that has carried nothing of it to this person, with the channels that are not meant."""
    used = _carried_by(step, responder, mine)
    for kind in responder.addresses:
        known = incident.notified.get((responder.name, kind))
        of_kind = vendors(step.plan, responder, kind)
        fresh = [name for name, vendor in of_kind.items() if vendor not in used]
        failed = known is not None and known.firing is PageState.FAILED
        pending = step.state.pages_of(incident.id, *PENDING)
        if any(one.address == (responder.name, kind) for one in pending):
            return  # it may still be taken
        address, spent = (responder.name, kind), tuple(name for name in of_kind if name not in fresh)
        # A way that fails after another of its kind was accepted does not show in `known`: each is asked once.
        if fresh and not failed and (incident.id, _tried(address, spent)) not in step.state.hinted:
            yield address, spent


def _tried(address: Address, spent: Sequence[str]) -> str:
    return " ".join(("unproven", *address, *spent))


def _carried_by(step: Step, responder: Responder, pages: Iterable[TakenPage]) -> set[str]:
    """The vendors that carried them. There are hundreds of a long night, by two or three ways."""
    return {_vendor(step.plan, responder, *way) for way in {*map(_way, pages)}}


def _way(one: TakenPage) -> tuple[str, str, tuple[str, ...]]:
    """By which it went: the channel that carried it, the one that was asked, and those that had been tried."""
    return one.channel, one.page.channel, one.page.spent


def _vendor(plan: Plan, responder: Responder, channel: str, kind: str, spent: Sequence[str]) -> str:
    """Who carried it. Where its channel is not known, or not there any more: who carries such a page first."""
    names = [name for name in chosen(plan.channels, responder, kind) if name not in spent]
    name = channel if channel in plan.channels else next(iter(names), channel)
    return vendor_of(name, plan.channels.get(name))
