"""Stage 5, clocks: what is due because time passed, not because something was seen."""

from __future__ import annotations

from dataclasses import replace

from watchtower.core.alerts import Alert
from watchtower.core.judge import judge_sight
from watchtower.core.state import Step
from watchtower.model import IncidentState


def sight_lost(step: Step) -> list[Alert]:
    """Checks of which nothing at all was heard: neither up, down nor unknown. That is blindness too."""
    changed: list[Alert] = []
    for (name, series), seen in step.state.last_seen.items():
        check = step.plan.checks.get(name)
        if check is not None and step.at - seen > check.every + check.timeout:
            changed += judge_sight(step, check, series, True, "its probe has not run")
    return changed


def reminders_due(step: Step) -> list[str]:
    """Open incidents that nobody has acknowledged and nobody was told of for `remind_every`."""
    due = []
    for incident in list(step.state.incidents.values()):
        policy = step.plan.paging.get(incident.severity)
        if incident.state is not IncidentState.TRIGGERED or policy is None or not policy.remind_every:
            continue
        if incident.reminded_at is not None and step.at - incident.reminded_at >= policy.remind_every:
            step.state.incidents[incident.id] = replace(incident, reminded_at=step.at)
            due.append(incident.id)
    return due
