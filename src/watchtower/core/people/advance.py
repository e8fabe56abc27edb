"""Advances what is due about people in an incident."""

from __future__ import annotations

from collections.abc import Iterable

from watchtower.core.incident.incidents import Incident
from watchtower.core.incident.kinds import IncidentKind
from watchtower.core.incident.transitions import IncidentSignal, move
from watchtower.core.notify.pages import PageRequest
from watchtower.core.notify.routing import make_up, remind_now
from watchtower.core.people import escalation, unproven
from watchtower.core.people.alerts_joined import update
from watchtower.core.people.kinds import AckExpired
from watchtower.core.state import Step
from watchtower.model import IncidentState, Instant, Language, Text
from watchtower.page_kinds import PageKind
from watchtower.texts.reasons import PageReason
from watchtower.texts.units import duration_words


def due(step: Step, incident: Incident) -> Iterable[Instant]:
    """When somebody else is asked, or the same person another way."""
    return (*escalation.due(step, incident), *unproven.due(step, incident))


def advance(step: Step, incident: Incident) -> None:
    """Escalates while nobody acknowledges, pages again after an expired acknowledgement, and notifies of
    joined alerts."""
    if not incident.open or incident.kind is IncidentKind.UNREACHED:
        return
    if make_up(step, incident) or step.history(incident.id).silences.due(incident.state, incident.severity):
        return  # nobody is asked in the second place who was not asked in the first
    if incident.state is IncidentState.TRIGGERED:
        escalation.escalate(step, incident)
        unproven.advance(step, step.state.incidents[incident.id])
    elif incident.state is IncidentState.ACKNOWLEDGED:
        _expire(step, incident)
    update(step, step.state.incidents[incident.id])


def _expire(step: Step, incident: Incident) -> None:
    """An acknowledgement without progress ends. Of a warning that may wait it wants an action with a date: it holds
    until then, and ends if the measurement is no better by that time."""
    policy = step.plan.paging.get(incident.severity)
    holds = (policy.ack_expires if policy else 0.0) or escalation.may_wait(step, incident)
    if not holds or incident.acknowledged_at is None:
        return
    history = step.history(incident.id)
    last = max(incident.acknowledged_at, history.milestones.acted_at or 0.0, *history.people.acks.values())
    promise = max(history.notes.doing_now, key=lambda one: one.due or 0.0, default=None)
    promised = promise.due or 0.0 if promise else 0.0
    if step.at < max(last + holds, promised):
        return
    by, span = incident.acknowledged_by, step.at - last
    step.log(incident.id, AckExpired(by), by)
    again = move(incident, IncidentSignal.UNACKNOWLEDGE, step.at)
    incident = step.set_incident(again, "ack_expired", by)
    if promise and promised:
        note = Text(
            f"{promise.who or promise.by} meant to be done by now: {promise.text}. It is no better: who has it?",
            f"{promise.who or promise.by} 承诺的期限已到：{promise.text}，指标仍未好转，请确认由谁处理",
        )
    else:
        en, zh = (duration_words(span, language) for language in (Language.EN, Language.ZH))
        note = Text(
            f"Acknowledged by {by}, but nothing followed for {en}: who has it?",
            f"{by} 已认领，但 {zh}内无任何进展，请确认由谁处理",
        )
    request = PageRequest(PageKind.REMINDER, PageReason.ACK_EXPIRED, incident.severity, note=note)
    remind_now(step, incident, request)
