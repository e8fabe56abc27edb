"""Has that happened by which a step ticks itself? One line each, read from the incident and its story."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from watchtower.core.incidents import Incident, PageState
from watchtower.core.people.assignment import fillers
from watchtower.core.plan.sops import Auto
from watchtower.core.state import Step
from watchtower.core.story import Story

COMMANDER = "commander"
WELL_FOR = 900.0
"""Seconds that it must stay well before it counts as recovered."""

_TESTS: Mapping[Auto, Callable[[Step, Incident, Story], bool]] = {
    Auto.OPENED: lambda step, incident, story: True,
    Auto.NOTIFIED: lambda step, incident, story: any(
        t.firing is PageState.DELIVERED for t in incident.told.values()
    ),
    Auto.ACKNOWLEDGED: lambda step, incident, story: story.course.acknowledged_at is not None,
    Auto.COMMANDER: lambda step, incident, story: _commander(step, incident, story),
    Auto.CALL: lambda step, incident, story: story.deadlines.call is not None,
    Auto.CHANGES: lambda step, incident, story: bool(story.notes.changes),
    Auto.CAUSE: lambda step, incident, story: story.course.located_at is not None,
    Auto.STATUS: lambda step, incident, story: bool(story.notes.said),
    Auto.MITIGATED: lambda step, incident, story: _mitigated(incident),
    Auto.RECOVERED: lambda step, incident, story: _recovered(step, incident),
    Auto.ROLLED_BACK: lambda step, incident, story: (
        _mitigated(incident) and bool(story.runs.runs) and not story.runs.in_force()
    ),
    Auto.ALL_CLEAR: lambda step, incident, story: incident.told_all and bool(incident.told),
    Auto.REVIEW: lambda step, incident, story: bool(story.review.owner),
}


def happened(auto: str, step: Step, incident: Incident) -> bool:
    """False, too, for a word that this version does not know."""
    try:
        test = _TESTS[Auto(auto)]
    except ValueError:
        return False
    return test(step, incident, step.story(incident.id))


def _commander(step: Step, incident: Incident, story: Story) -> bool:
    """Somebody took it, or has it by the rota and acknowledged."""
    if story.people.roles.get(COMMANDER):
        return True
    by = set(fillers(step.plan, COMMANDER, step.at, story.people))
    return bool(by & {*story.people.acks, *incident.acknowledged_by.split(", ")})


def _mitigated(incident: Incident) -> bool:
    return not incident.open or incident.mitigated_at is not None


def _recovered(step: Step, incident: Incident) -> bool:
    if not incident.open:
        return True
    return incident.mitigated_at is not None and step.at - incident.mitigated_at >= WELL_FOR
