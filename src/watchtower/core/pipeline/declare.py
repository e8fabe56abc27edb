"""The stage of incidents that people declare, because they saw it first: an alert that nothing measured goes the whole way.

It fires until a person resolves the incident. An alert that fires on the same flow joins it.
"""

from __future__ import annotations

from collections.abc import Sequence

from watchtower.core.events import IncidentDeclared, Refused
from watchtower.core.incident.alerts import Alert, advance
from watchtower.core.incident.incidents import Incident
from watchtower.core.incident.kinds import BY_MATRIX, DECLARED, IncidentKind
from watchtower.core.severity.actions import NotUsable, indicator_value
from watchtower.core.state import Step
from watchtower.model import AlertState, Severity, Text
from watchtower.values import replace

LONGEST_AGO = 7 * 86400.0
"""Seconds before now at which it may have begun."""
MOST = 100
"""Declared incidents that are open at once."""


def begin(step: Step, event: IncidentDeclared) -> list[Alert]:
    """The declaration's alert, firing; none, and a refusal with all that is wrong, where it may not be declared."""
    values, wrong = {}, []
    for name, text in event.indicators.items():
        value = indicator_value(step, name, text)
        if isinstance(value, NotUsable):
            wrong.append(str(value))
        values[name] = value
    wrong += _why_not(step, event)
    if wrong:
        step.decide(Refused(step.at, "refused", "", "\n".join(wrong)))
        return []
    flow = IncidentKind.FLOW.key(event.flow) if event.flow else ""
    key = flow or IncidentKind.DECLARED.key(f"INC-{step.state.last_incident + 1}")
    blank = Alert(
        DECLARED, key, severity=event.severity or Severity.P4, text=Text(event.text, event.text),
        when=BY_MATRIX if event.severity is None else f"declared by {event.by}",
    )  # fmt: skip
    onset = step.at if event.since is None else event.since
    alert = replace(advance(blank, True, step.at), onset=onset)
    step.declared = (event.by, values, event.origin)
    step.set_alert(alert, "declared", AlertState.INACTIVE)
    return [alert]


def _why_not(step: Step, event: IncidentDeclared) -> list[str]:
    out = []
    if not event.text:
        out.append("say what happens")
    if event.severity is None and not event.indicators:
        out.append("say how bad it is: a severity, or indicators for the matrix")
    if event.severity is not None and event.indicators:
        out.append("give a severity, or indicators from which it is computed, not both")
    if event.since is not None and not step.at - LONGEST_AGO <= event.since <= step.at:
        out.append("it began within the last 7 days")
    if event.flow and event.flow not in step.plan.flows:
        out.append(f'there is no flow "{event.flow}"')
    elif known := _known(step, event):
        out.append(f"{known.id} ({known.severity}) is open about this: add a note to it, or raise it")
    declared = [alert for alert in step.state.alerts.values() if alert.rule == DECLARED]
    if len(declared) >= MOST:
        out.append(f"{MOST} declared incidents are open already")
    return out


def _known(step: Step, event: IncidentDeclared) -> Incident | None:
    """The open incident of the same flow; without a flow, the one that was declared in the same words: a form that was sent
    twice is one incident."""
    if event.flow:
        return next((i for i in step.state.incidents.of_flows([event.flow]) if i.open and not i.drill), None)
    same = (a for a in step.state.alerts.values() if a.rule == DECLARED and a.text.en == event.text)
    found = (step.state.incidents.get(alert.incident) for alert in same if alert.state is AlertState.FIRING)
    return next((incident for incident in found if incident is not None and incident.open), None)


def end(step: Step, declared: Sequence[Alert]) -> None:
    """A person says that it is over: these declarations end."""
    for alert in declared:
        step.set_alert(advance(alert, False, step.at), "declared_over", alert.state)


def declarations(step: Step, incident: str) -> list[Alert]:
    """The alerts by which people declared it."""
    return [a for a in step.state.alerts_of(incident, AlertState.FIRING) if a.rule == DECLARED]
