"""Merges incidents: a dependency is found to fail, and the incidents of the flows that depend on it continue
as one.

What people did in an incident, and what is due in it, stays its own: such an incident is left open beside the other, and so is
one that is worse. People can merge what is left (`take_over`).
"""

from __future__ import annotations

from itertools import islice

from watchtower.core.incident.incidents import Incident
from watchtower.core.pipeline.declare import declarations
from watchtower.core.pipeline.features import may_merge
from watchtower.core.pipeline.related_incidents import beneath
from watchtower.core.pipeline.take_over import take_over
from watchtower.core.state import Step

AT_ONCE = 20
"""Incidents that one event takes over."""


def merge(step: Step, home: Incident, subjects: set[str]) -> list[str]:
    """`home` takes over the open incidents of flows that depend on one of `subjects`. Returns the ids of the
    first; the others wait for `merge_next`."""
    step.state.merging.update(
        (other.id, home.id)
        for other in beneath(step, subjects)
        if other.id != home.id and _may(step, home, other)
    )
    return merge_next(step)


def merge_next(step: Step) -> list[str]:
    """Takes over some of those that wait; a thousand in one turn would block the loop for half a second."""
    taken: list[str] = []
    for id, goes_to in list(islice(step.state.merging.items(), AT_ONCE)):
        del step.state.merging[id]
        home, other = step.state.incidents.get(goes_to), step.state.incidents.get(id)
        if home is not None and other is not None and home.open and other.open and _may(step, home, other):
            take_over(step, home, other)
            taken.append(id)
    return taken


def _may(step: Step, home: Incident, other: Incident) -> bool:
    """Whether a merge loses nothing: no person declared it or acted, no duty, no degradation plan, and no worse severity."""
    return (
        not other.severity.worse_than(home.severity)
        and not other.record.worse_than(home.record)
        and not declarations(step, other.id)
        and may_merge(step.history(other.id))
    )
