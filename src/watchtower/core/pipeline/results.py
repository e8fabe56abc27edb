"""Stage 7, results: handles the results of deliveries.

Failover, the all-clear for a page that arrived late, and "reached nobody", which is an incident.
"""

from __future__ import annotations

from watchtower.core.events import PageChanged
from watchtower.core.incident.alerts import Alert, advance
from watchtower.core.incident.incidents import PENDING, Incident, Notified, Page, PageState
from watchtower.core.incident.kinds import UNREACHED, IncidentKind
from watchtower.core.incident.lifecycle import IncidentWord
from watchtower.core.notify.over_budget import by_another_channel
from watchtower.core.notify.own_faults import channel_works, ended
from watchtower.core.notify.routing import enqueue_resolved, pass_on, substitute
from watchtower.core.notify.taken_pages import TakenPage
from watchtower.core.state import Step
from watchtower.errors import DeliveryFault
from watchtower.model import AlertState, IncidentState, Severity, Text
from watchtower.values import replace


def delivered(
    step: Step, page_id: str, incident_id: str, reference: str, via: str = "", channel: str = ""
) -> list[Alert]:
    """The receiver accepted the page. Returns alerts that stop firing by it: somebody was reached, and the channel works."""
    if (page := step.state.canary.get(page_id)) is not None:
        test = replace(page, state=PageState.DELIVERED)
        step.state.taken.add(TakenPage(test, channel or page.channel, reference, step.at))
    pages = _pages(step, page_id, incident_id, PageState.DELIVERED, reference)
    changed = [alert for page in pages for alert in _delivered(step, page, reference, via, channel)]
    return changed + channel_works(step, channel)


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


def failing(step: Step, page_id: str, code: str) -> list[Alert]:
    """Attempts failed several times and go on: pages somebody else meanwhile."""
    sent = step.state.pages.get(page_id)
    if sent is None or sent.state is not PageState.QUEUED or sent.incident not in step.state.incidents:
        return []
    step.set_page(replace(sent, state=PageState.FAILING), "failing", code)
    out: list[Alert] = []
    for page in _pages(step, page_id, sent.incident, PageState.FAILING, code):
        _mark(step, step.state.incidents[page.incident], page, PageState.FAILING, "not_notified", code)
        out += fall_over(step, page)
    return out


def failed(
    step: Step, page_id: str, incident_id: str, code: str, fault: DeliveryFault = DeliveryFault.RETRY
) -> list[Alert]:
    """No further attempt is made."""
    sent = step.state.pages.get(page_id)
    asked_others = sent is not None and sent.state is PageState.FAILING
    out: list[Alert] = []
    for page in _pages(step, page_id, incident_id, PageState.FAILED, code):
        page = replace(page, state=PageState.FAILED)
        step.set_page(page, "failed", code)
        _mark(step, step.state.incidents[page.incident], page, PageState.FAILED, "not_notified", code)
        # What a provider's own limit refuses goes another way each time, reminders too.
        spent = fault is DeliveryFault.OTHER_CHANNEL
        if not asked_others and not (spent and by_another_channel(step, page, None)):
            out += fall_over(step, page)
        step.state.budgets.elsewhere.discard(page.id)
    return out


def over_budget(step: Step) -> list[Alert]:
    """No channel of its kind has room for these pages: the person hears of each by another channel, or it falls over as if
    it had failed."""
    held, step.over_budget, out = step.over_budget, [], list[Alert]()
    full = {id for page, _ in held for id in (page.id, *page.carries)}
    for first, limit in held:
        why = f"over budget {limit}"
        for page in _pages(step, first.id, first.incident, PageState.FAILED, why):
            page = replace(page, state=PageState.FAILED)
            step.set_page(page, "over_budget", why)
            _mark(step, step.state.incidents[page.incident], page, PageState.FAILED, "not_notified", why)
            if not by_another_channel(step, page, limit if page.id == first.id else None, full):
                out += fall_over(step, page)
    return out


def _pages(step: Step, page_id: str, incident_id: str, state: PageState, detail: str) -> list[Page]:
    """The page, and those that it carries, as far as the engine follows them; the rows of others are closed, because
    they would be sent again otherwise."""
    sent, out = step.state.pages.get(page_id), list[Page]()
    for id in (page_id, *(sent.carries if sent is not None else ())):
        page = step.state.pages.get(id)
        if page is not None and page.state in PENDING and page.incident in step.state.incidents:
            out.append(page)
        elif page is not None or id == page_id:
            _close(step, id, page.incident if page is not None else incident_id, state, detail)
    return out


def _close(step: Step, page_id: str, incident_id: str, state: PageState, detail: str) -> None:
    """Ends a page that the engine no longer follows, because its outbox row would be sent again otherwise."""
    page = step.state.pages.get(page_id)
    if page is None or page.state is not state:
        step.decide(PageChanged(step.at, str(state), page_id, incident_id, state, detail))


def _mark(
    step: Step, incident: Incident, page: Page, state: PageState, reason: IncidentWord, code: str
) -> None:
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
        reason,
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
