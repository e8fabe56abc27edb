"""What degradation plans mean for the level of an incident."""

from __future__ import annotations

from watchtower.core.degrade.table import RunState
from watchtower.core.indicators import Recovery
from watchtower.core.story import Story


def recovery_of(story: Story) -> Recovery | None:
    """What became of switches that were thrown: READY when one works, FAILED when one was tried in vain; None when
    none was tried, or it is not known yet."""
    tried = [r for r in story.runs.runs if r.executed]
    if any(r.state is RunState.VERIFIED for r in tried):
        return Recovery.READY
    return Recovery.FAILED if any(r.failed for r in tried) else None


def hides_fault(story: Story) -> bool:
    """Is a switch in force? Then what is seen of the flow does not say that the fault is gone."""
    return bool(story.runs.in_force())


def holds(story: Story) -> bool:
    """Must the incident be kept in mind although it is over? A switch has to be answered for, or taken back."""
    return bool(story.runs.owed or story.runs.in_force())
