"""A team, a severity's policy and an incident, on which one rule about people is tried."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.core.notify.trial import Trial
from tests.core.people.crew import CHEN, LI, WANG, ZHAO, paging, plan
from watchtower.core.events import IncidentChanged
from watchtower.core.incident.incidents import PageState

D = PageState.DELIVERED
BOTH = ("oncall", "backup")
TEAM = LI, WANG, CHEN, ZHAO


def trial(
    *,
    people: Mapping[str, Any] | None = None,
    patience: float = 0.0,
    policy: Mapping[str, Any] | None = None,
    **changed: Any,
) -> Trial:
    """P1 pages `policy`, a rule's escalate_after is `patience`, and the incident has `changed`."""
    made = Trial(plan(*TEAM, at=paging(**(policy or {})), escalate_after=patience), **changed)
    if people is not None:
        made.people(**people)
    return made


def lines(trial: Trial) -> list[str]:
    return [f"{d.reason} {d.detail} {d.by}" for d in trial.step.decisions if isinstance(d, IncidentChanged)]
