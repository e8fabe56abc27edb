"""Executes actions on an incident that the engine no longer holds, over its history from the store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from watchtower.core.actions.action import ActionTaken, accept
from watchtower.core.events import Decision, Refused
from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.history import project
from watchtower.core.incident.incidents import Incident
from watchtower.core.pipeline.features import ACTIONS
from watchtower.core.plan import Plan
from watchtower.core.state import State, Step
from watchtower.model import Instant


def do_afterwards(
    plan: Plan, incident: Incident, log: Iterable[LogEntry], action: str, by: str, via: str, data: Mapping[str, Any], at: Instant,
) -> list[Decision]:  # fmt: skip
    """The decisions to commit to the store; one `Refused` when the answer is no, and then nothing else.

    `log` is the incident's whole timeline, oldest first. Only actions that may be done to what is over are.
    """
    found = ACTIONS.get(action)
    if found is None:
        return [Refused(at, "unknown_action", incident.id, f'there is no action "{action}"')]
    if not found.closed:
        return [Refused(at, "resolved", incident.id, f"{incident.id} is over: {action} is for open ones")]
    try:
        fields = accept(found, data, at)
    except ValueError as error:
        return [Refused(at, "bad_fields", incident.id, str(error))]
    state = State()
    state.incidents[incident.id] = incident
    state.histories[incident.id] = project(log)
    step = Step(plan, state, at)
    why = found.act(step, incident, ActionTaken(by, via, fields, at))
    return [Refused(at, "refused", incident.id, why)] if why else step.decisions
