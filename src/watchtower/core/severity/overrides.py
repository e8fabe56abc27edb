"""Severities that people set, beside those of rules with a fixed one."""

from __future__ import annotations

from watchtower.core.incident.history import History
from watchtower.core.severity.history import SeverityHistory
from watchtower.model import Severity


def decided(history: History) -> bool:
    """Whether a person set the severity, or was asked to confirm one."""
    return history.severity.override is not None or history.severity.proposed is not None


def standing(levels: SeverityHistory, worst: Severity) -> Severity:
    """The level of an incident whose rules name their severity. A person's raise holds until somebody lowers it; a
    lowering holds until something fires that is worse than what was lowered."""
    if levels.override is None:
        return worst
    if levels.accepted is None:
        return worst if worst.worse_than(levels.override) else levels.override
    return worst if worst.worse_than(levels.accepted) else levels.override
