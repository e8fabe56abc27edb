"""Stage 7, results: handles the results of deliveries.

Failover, the all-clear for a page that arrived late, and "reached nobody", which is an incident.
"""

from __future__ import annotations

from watchtower.core.events import Delivered, Failed, PageChanged, PageFailing
from watchtower.core.incident.alerts import Alert, advance
from watchtower.core.incident.incidents import PENDING, Incident, Notified, Page, PageState
from watchtower.core.incident.kinds import UNREACHED, IncidentKind
from watchtower.core.notify.over_budget import by_another_channel
from watchtower.core.notify.own_faults import channel_works, ended
from watchtower.core.notify.routing import enqueue_resolved, pass_on, substitute
from watchtower.core.notify.taken_pages import TakenPage
from watchtower.core.state import Carried, Step
from watchtower.errors import DeliveryFault
from watchtower.model import AlertState, IncidentState, Severity, Text
from watchtower.values import replace

AT_ONCE = 100
"""Pages of one message that are handled with the event that says what became of it."""


def delivered(step: Step, event: Delivered) -> list[Alert]:
    """The receiver accepted the page. Returns alerts that stop firing by it: somebody was reached, and the channel works."""
    if (page := step.state.canary.get(event.page)) is not None:
        test = replace(page, state=PageState.DELIVERED)
        taken = TakenPage(test, event.channel or page.channel, event.reference, step.at)
        step.state.taken.add(taken)
    return _became(step, event) + channel_works(step, event.channel)


def failing(step: Step, event: PageFailing) -> list[Alert]:
    """Attempts failed several times and go on: pages somebody else meanwhile."""
    sent = step.state.pages.get(event.page)
    if sent is None or sent.state is not PageState.QUEUED or sent.incident not in step.state.incidents:
        return []
    step.set_page(replace(sent, state=PageState.FAILING), "failing", event.code)
    return _became(step, event)


def failed(step: Step, event: Failed) -> list[Alert]:
    """No further attempt is made."""
    sent = step.state.pages.get(event.page)
    return _became(step, event, asked_others=sent is not None and sent.state is PageState.FAILING)


def _became(
    step: Step, event: Delivered | PageFailing | Failed, *, asked_others: bool = False
) -> list[Alert]:
    """What became of the page became of those that it carries: of the first at once, of the others with the next ticks."""
    sent = step.state.pages.get(event.page)
    carried = sent.carries if sent is not None else ()
    step.state.carried.extend(Carried(id, event, asked_others) for id in carried[AT_ONCE:])
    first = [Carried(id, event, asked_others) for id in (event.page, *carried[:AT_ONCE])]
    return [alert for one in first for alert in became(step, one)]


def became(step: Step, one: Carried) -> list[Alert]:
    """The same of one page, as far as the engine follows it; the row of another is closed, because it would be sent again
    otherwise."""
    page, event = step.state.pages.get(one.page), one.event
    if page is None or page.state not in PENDING or page.incident not in step.state.incidents:
        if page is not None or one.page == event.page:
            incident = page.incident if page is not None else event.incident
            _close(step, one.page, incident, *_said(event))
        return []
    match event:
        case Delivered():
            return _delivered(step, page, event.reference, event.via, event.channel)
        case PageFailing():
            _mark(step, page, PageState.FAILING, event.code)
            return fall_over(step, page)
        case Failed():
            return _failed(step, page, event, one.asked_others)


def _said(event: Delivered | PageFailing | Failed) -> tuple[PageState, str]:
    match event:
        case Delivered():
            return PageState.DELIVERED, event.reference
        case PageFailing():
            return PageState.FAILING, event.code
        case Failed():
            return PageState.FAILED, event.code


def _failed(step: Step, page: Page, event: Failed, asked_others: bool) -> list[Alert]:
    page = replace(page, state=PageState.FAILED)
    step.set_page(page, "failed", event.code)
    _mark(step, page, PageState.FAILED, event.code)
    # What a provider's own limit refuses goes another way each time, reminders too.
    spent = event.fault is DeliveryFault.OTHER_CHANNEL
    goes_on = not asked_others and not (spent and by_another_channel(step, page, None))
    out = fall_over(step, page) if goes_on else []
    step.state.budgets.elsewhere.discard(page.id)
    return out


def _delivered(step: Step, page: Page, reference: str, via: str, channel: str) -> list[Alert]:
    incident = step.state.incidents[page.incident]
    through = f", through {via}" if via else ""
    page = replace(page, state=PageState.DELIVERED)
    step.set_page(page, "delivered", reference, via, channel)
    step.state.taken.add(TakenPage(page, channel or page.channel, reference, step.at))
    before = incident.notified.get(page.address, Notified())
    if page.kind.ends:
        after = replace(before, resolved=PageState.DELIVERED)
    else:
        after = replace(before, firing=PageState.DELIVERED)
    incident = step.set_incident(
        replace(incident, notified={**incident.notified, page.address: after}),
        "notified",
        f"{page.responder} by {page.channel}: {page.kind}{through}",
    )
    if not incident.open and after.firing is PageState.DELIVERED and after.resolved is None:
        enqueue_resolved(step, incident, [page.address])
    return [] if after.informed else reached(step, page.incident)


def over_budget(step: Step) -> list[Alert]:
    """No channel of its kind has room for these pages: the person hears of each by another channel, or it falls over as if
    it had failed."""
    held, step.over_budget, out = step.over_budget, [], list[Alert]()
    full = {id for page, _ in held for id in (page.id, *page.carries)}
    for first, limit in held:
        why = f"over budget {limit}"
        for page in (step.state.pages.get(id) for id in (first.id, *first.carries)):
            if page is None or page.state not in PENDING or page.incident not in step.state.incidents:
                continue
            page = replace(page, state=PageState.FAILED)
            step.set_page(page, "over_budget", why)
            _mark(step, page, PageState.FAILED, why)
            if not by_another_channel(step, page, limit if page.id == first.id else None, full):
                out += fall_over(step, page)
    return out


def _close(step: Step, page_id: str, incident_id: str, state: PageState, detail: str) -> None:
    """Ends a page that the engine no longer follows, because its outbox row would be sent again otherwise."""
    page = step.state.pages.get(page_id)
    if page is None or page.state is not state:
        step.decide(PageChanged(step.at, str(state), page_id, incident_id, state, detail))


def _mark(step: Step, page: Page, state: PageState, code: str) -> None:
    incident = step.state.incidents[page.incident]
    before = incident.notified.get(page.address, Notified())
    if page.kind.ends:
        after = replace(before, resolved=state)
    else:
        # Somebody who has been told once knows of the incident, whatever became of the reminder; and while
        # another page is on its way to them, they may still come to know.
        others = {
            p.state
            for p in step.state.pages_of(incident.id, *PENDING)
            if p.address == page.address and p.id != page.id and not p.kind.ends
        }
        firing = next((s for s in PENDING if s in others), state)
        after = before if before.firing is PageState.DELIVERED else replace(before, firing=firing)
    notified = {**incident.notified, page.address: after}
    step.set_incident(
        replace(incident, notified=notified),
        "not_notified",
        f"{page.responder} by {page.channel}: {page.kind}: {code}",
    )


def fall_over(step: Step, page: Page) -> list[Alert]:
    """Somebody else is paged, or the same person another way."""
    incident = step.state.incidents[page.incident]
    if incident.kind is IncidentKind.UNREACHED:
        return []  # everybody is asked on every channel already: nothing is left to fall over to
    if not incident.open and not page.kind.ends:
        return []  # it is over: nobody else need be woken for it
    if somebody_has_it(incident, page):
        return []
    if not page.kind.traits.of_incident or (
        incident.notified[page.address].firing is PageState.DELIVERED and page.kind.traits.repeats
    ):
        return []
    address = substitute(step, page)
    if address is not None:
        pass_on(step, page, address)
        return []
    if page.message.informs:
        return []  # nobody was asked by it: whether somebody is reached is told by the pages that ask
    return _reached_nobody(step, incident)


def somebody_has_it(incident: Incident, page: Page) -> bool:
    """Whether it was acknowledged since this page asked for that: nobody else is woken because of it."""
    asked = not (page.kind.ends or page.kind.traits.note_is_all or page.message.informs)
    acknowledged = incident.acknowledged_at if incident.state is IncidentState.ACKNOWLEDGED else None
    return asked and acknowledged is not None and acknowledged >= page.created_at


def _reached_nobody(step: Step, incident: Incident) -> list[Alert]:
    if incident.state is not IncidentState.TRIGGERED or any(
        t.firing in (PageState.DELIVERED, PageState.QUEUED) and not t.informed
        for t in incident.notified.values()
    ):
        return []
    key = (UNREACHED, incident.id, "")
    if key in step.state.alerts:
        return []
    text = Text(
        f"{incident.id} ({incident.severity}) reached nobody",
        f"{incident.id}（{incident.severity}）未能送达任何人",
    )
    blank = Alert(*key, severity=min(Severity.P1, incident.severity), text=text, when="no page was delivered")
    alert = replace(advance(blank, True, step.at), onset=step.at)
    step.set_alert(alert, "reached_nobody", AlertState.INACTIVE)
    return [alert]


def reached(step: Step, incident: str) -> list[Alert]:
    """Somebody was reached after all, or the incident is over: ends the alert that nobody could be reached."""
    return ended(step, (UNREACHED, incident, ""), "reached")
