"""Merges incidents: a dependency is found to fail, and the incidents of the flows that depend on it continue
as one.

What is moved: alerts that fire, the flows and what they have lost. What people did in an incident, and what is due in it, stays
its own: such an incident is left open beside the other, and so is one that is worse.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import Final

from watchtower.core.impact.stage import join
from watchtower.core.incident.incidents import Incident
from watchtower.core.incident.transitions import IncidentSignal, move
from watchtower.core.pipeline.features import may_merge
from watchtower.core.pipeline.related_incidents import beneath
from watchtower.core.state import Step
from watchtower.model import AlertState

AT_ONCE = 20
"""Incidents that one event takes over."""
REASON: Final = "merged_into"
JOINED: Final = "joined"
"""The timeline's words: for an incident that goes on in another, and for an alert that comes to it."""


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
            _take(step, home, other)
            taken.append(id)
    return taken


def _may(step: Step, home: Incident, other: Incident) -> bool:
    """Whether a merge loses nothing: no person acted, no duty, no degradation plan, and no worse severity."""
    return (
        not other.severity.worse_than(home.severity)
        and not other.record.worse_than(home.record)
        and may_merge(step.history(other.id))
    )


def _take(step: Step, home: Incident, other: Incident) -> None:
    join(step, other)  # after a restart its numbers are in its log only
    join(step, home)
    flows = tuple(dict.fromkeys((*home.flows, *other.flows)))
    home = replace(
        home, flows=flows, flow=home.flow or other.flow, matrix=home.matrix or other.matrix,
        onset=min(home.onset, other.onset),
    )  # fmt: skip
    step.set_incident(home, "merged", other.id)
    for alert in step.state.alerts_of(other.id, AlertState.FIRING):
        step.set_alert(replace(alert, incident=home.id), JOINED, AlertState.FIRING)
    step.state.meters.move(other.id, home.id)
    step.opened(other)
    over = move(other, IncidentSignal.RESOLVE, step.at, merged_into=home.id)
    step.set_incident(over, REASON, home.id)
