"""What a leader that could not write has told of, and nobody knows here: whoever was told hears how it ends."""

from __future__ import annotations

from watchtower.core.events import IncidentLeft, PageQueued
from watchtower.core.incident.identity import told_as
from watchtower.core.incident.incidents import Notified, PageState
from watchtower.core.incident.transitions import START, IncidentSignal, move
from watchtower.core.notify.routing import announce
from watchtower.core.notify.taken_pages import TakenPage
from watchtower.core.pipeline.take_over import take_over
from watchtower.core.state import Step
from watchtower.model import AlertState
from watchtower.values import replace


def take(step: Step, event: IncidentLeft) -> None:
    """It goes on here until its alerts are seen to be over, in the open incident about the same where there is one."""
    left, state = event.incident, step.state
    state.last_incident += 1
    number = f"INC-{state.last_incident}"
    incident = replace(
        left, id=number, state=left.state if left.open else START, merged_into="", told_as=told_as(number, left.origin),
        notified={address: Notified(PageState.DELIVERED) for address in event.told},
    )  # fmt: skip
    home = state.open_incident(left.key)
    names = ", ".join(f"{who} by {kind}" for who, kind in event.told)
    step.set_incident(incident, "opened", f"by a leader that could not write it, and notified {names}")
    for page, channel, reference in event.pages:
        page = replace(page, incident=number, state=PageState.HELD)
        step.decide(PageQueued(step.at, page.message.reason, page))
        page = replace(page, state=PageState.DELIVERED)
        step.set_page(page, "delivered", reference, channel=channel)
        state.taken.add(TakenPage(page, channel, reference, step.at))
    if home is not None:
        take_over(step, home, incident)
        announce(step, number, incident.severity, "unchanged")
        return
    for alert in event.alerts:
        here = state.alerts.get(alert.key)
        if alert.check in step.plan.checks and (here is None or here.state is not AlertState.FIRING):
            step.set_alert(replace(alert, incident=number), "joined", AlertState.FIRING)
    if not state.alerts.fires(number):
        over = move(incident, IncidentSignal.RESOLVE, step.at)
        step.set_incident(over, "resolved", "nothing of it fires")
        announce(step, number, incident.severity, "unchanged")
