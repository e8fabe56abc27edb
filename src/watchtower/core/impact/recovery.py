"""What is at hand to recover with: a standby that is green and was tried, or one that nobody has tried, or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from watchtower.core.indicators import Recovery
from watchtower.core.plan.flows import RecoveryPlan
from watchtower.core.state import State
from watchtower.model import Instant, Outcome

FRESH = 90 * 86400.0
"""Seconds for which a drill of the switch proves it."""
_ORDER = (Recovery.FAILED, Recovery.NONE, Recovery.UNPROVEN, Recovery.READY)


def recovery_of(
    state: State,
    plans: Iterable[RecoveryPlan | None],
    switch: Recovery | None,
    manual: Mapping[str, Any],
    at: Instant,
) -> Recovery | None:
    """The worst of the flows that suffer. `switch` is what became of degradation plans that were carried out; what a
    person says goes before all. None: nobody declared anything, so nothing is judged by it."""
    said = manual.get("recovery")
    if isinstance(said, str) and said in set(Recovery):
        return Recovery(said)
    if switch is Recovery.FAILED:
        return switch
    declared = [_one(state, one, at) for one in dict.fromkeys(plans) if one is not None]
    if not declared:
        return switch
    return min(declared, key=_ORDER.index)


def _one(state: State, one: RecoveryPlan, at: Instant) -> Recovery:
    if not one.standby and not one.degrade:
        return Recovery.NONE
    drilled = one.drilled is not None and at - one.drilled <= FRESH
    drilled = drilled or (bool(one.degrade) and state.usage.fresh(one.degrade, FRESH, at))
    if one.standby:
        seen = [o for series in state.sources.of_check(one.standby) if (o := state.last.get(series))]
        green = bool(seen) and all(o.reading.outcome is Outcome.UP for o in seen)
        if any(o.reading.outcome is Outcome.DOWN for o in seen):
            return Recovery.NONE
        return Recovery.READY if green and drilled else Recovery.UNPROVEN
    return Recovery.READY if drilled else Recovery.UNPROVEN
