"""What degradation plans mean for the level of an incident."""

from __future__ import annotations

from watchtower.core.degrade.table import RunState
from watchtower.core.indicators import Recovery
from watchtower.core.incident.history import History


def recovery_of(history: History) -> Recovery | None:
    """What became of switches that were thrown: READY when one works, FAILED when one was tried in vain; None when
    none was tried, or it is not known yet."""
    tried = [r for r in history.runs.runs if r.executed]
    if any(r.state is RunState.VERIFIED for r in tried):
        return Recovery.READY
    return Recovery.FAILED if any(r.failed for r in tried) else None


def hides_fault(history: History) -> bool:
    """Is a switch in force? Then what is seen of the flow does not say that the fault is gone."""
    return bool(history.runs.in_force())


def holds(history: History) -> bool:
    """Must the incident be kept in mind although it is over? A switch has to be answered for, or taken back."""
    return bool(history.runs.owed or history.runs.in_force())
