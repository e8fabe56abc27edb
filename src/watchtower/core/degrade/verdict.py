"""What degradation plans mean for the incident: for its severity, and for how long it is kept."""

from __future__ import annotations

from watchtower.core.degrade.table import RunState
from watchtower.core.incident.history import History
from watchtower.core.indicators import Recovery
from watchtower.core.severity.factors import Factors


def factors(history: History) -> Factors:
    """Switches that are in force, and what became of those that were tried."""
    return Factors(hides_fault=hides_fault(history), recovery=recovery_of(history))


def recovery_of(history: History) -> Recovery | None:
    """What became of switches that were thrown: READY when one works, FAILED when one was tried in vain; None when
    none was tried, or it is not known yet."""
    tried = [r for r in history.degrade.runs if r.executed]
    if any(r.state is RunState.VERIFIED for r in tried):
        return Recovery.READY
    return Recovery.FAILED if any(r.failed for r in tried) else None


def hides_fault(history: History) -> bool:
    """Is a switch in force? Then what is seen of the flow does not say that the fault is gone."""
    return bool(history.degrade.in_force())


def unfinished(history: History) -> bool:
    """Must the incident be kept in mind although it is over? A switch has to be answered for, or taken back."""
    return bool(history.degrade.queued or history.degrade.in_force())
