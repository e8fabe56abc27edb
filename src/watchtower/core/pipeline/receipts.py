"""Stage 7 later: what a vendor says of a page that it had accepted. What did not arrive goes the next way."""

from __future__ import annotations

from collections.abc import Sequence

from watchtower.core.events import PageChanged, Reported
from watchtower.core.incident.alerts import Alert
from watchtower.core.incident.incidents import TAKEN, Notified, PageState
from watchtower.core.notify.channel_choice import chosen
from watchtower.core.notify.routing import pass_on
from watchtower.core.notify.taken_pages import TakenPage, became, is_same
from watchtower.core.pipeline.handle import acknowledged
from watchtower.core.pipeline.results import fall_over, reached, somebody_has_it
from watchtower.core.state import Step
from watchtower.errors import DeliveryFault
from watchtower.values import replace


def reported(step: Step, event: Reported) -> list[Alert]:
    """A receipt for the page, and for those that it carried. One that names another address, or no page of ours, changes
    nothing."""
    sent = step.state.taken.find(event.channel, event.page, event.reference)
    if sent is None:
        step.state.taken.keep(event, step.at)
        return []
    if event.address and not is_same(_address(step, sent), event.address):
        return []
    out: list[Alert] = []
    for id in (sent.page.id, *sent.page.carries):
        taken = step.state.taken.get(id)
        if taken is not None and (taken.page.incident in step.state.incidents or not _asks(taken)):
            out += _reported(step, taken, event)
    if event.acknowledges and not sent.page.message.informs:
        out += acknowledged(step, _goes_on_in(step, sent), sent.page.responder, sent.page.channel)
    return out


def reported_early(step: Step, page: str) -> list[Alert]:
    """What was reported of this page before we knew that it was accepted."""
    taken = step.state.taken.get(page)
    early = step.state.taken.early(taken, step.at) if taken is not None else ()
    return [alert for event in early for alert in reported(step, event)]


def _goes_on_in(step: Step, taken: TakenPage) -> str:
    """The incident that the page is about now: its own, or the one with which that has merged."""
    id = taken.incident
    while (known := step.state.incidents.get(id)) is not None and known.merged_into:
        id = known.merged_into
    return id


def _reported(step: Step, before: TakenPage, event: Reported) -> Sequence[Alert]:
    after = became(before, event.state)
    page = after.page
    if page.state is before.page.state:
        return []
    step.state.taken.add(after)
    state = page.state
    step.decide(
        PageChanged(step.at, str(state), page.id, page.incident, state, event.code, channel=after.channel)
    )
    if not _asks(after):
        return []
    if state is PageState.UNDELIVERED:
        return _undelivered(step, after, event)
    return _arrived(step, after) if before.page.state is PageState.UNDELIVERED else []


def _undelivered(step: Step, taken: TakenPage, event: Reported) -> Sequence[Alert]:
    """It goes by the next channel of its kind, else as a page that failed does. Whoever got another page of the incident at
    this address knows of it."""
    page, incident = taken.page, step.state.incidents[taken.page.incident]
    known = incident.notified.get(page.address, Notified())
    others = (one.page for one in step.state.taken.of(incident.id) if one.page.address == page.address)
    if page.kind.ends:
        known = replace(known, resolved=PageState.FAILED)
    elif known.firing is PageState.DELIVERED and not any(one.state in TAKEN for one in others):
        known = replace(known, firing=PageState.FAILED)
    said = f"{page.responder} by {page.channel}: {page.kind}: undelivered {event.code}".rstrip()
    notified = {**incident.notified, page.address: known}
    step.set_incident(replace(incident, notified=notified), "not_notified", said)
    if somebody_has_it(incident, page):
        return []
    responder = step.plan.responders.get(page.responder)
    spent = (*page.spent, taken.channel)
    left = chosen(step.plan.channels, responder, page.channel) if responder is not None else []
    wanted = (incident.open or page.kind.ends) and event.fault is not DeliveryFault.ADDRESS
    if wanted and any(name not in spent for name in left):
        pass_on(step, page, page.address, spent)
        return []
    return fall_over(step, page)


def _arrived(step: Step, taken: TakenPage) -> Sequence[Alert]:
    """It arrived although its vendor had said that it did not."""
    page, incident = taken.page, step.state.incidents[taken.page.incident]
    known = incident.notified.get(page.address, Notified())
    firing = known if page.kind.ends else replace(known, firing=PageState.DELIVERED)
    said = f"{page.responder} by {page.channel}: {page.kind}"
    notified = {**incident.notified, page.address: firing}
    step.set_incident(replace(incident, notified=notified), "notified", said)
    return [] if firing.informed else reached(step, incident.id)


def _asks(taken: TakenPage) -> bool:
    """Whether it is about an incident: nobody else is paged for a canary."""
    return taken.page.kind.traits.of_incident


def _address(step: Step, taken: TakenPage) -> str:
    responder = step.plan.responders.get(taken.page.responder)
    return responder.addresses.get(taken.page.channel, "") if responder is not None else ""
