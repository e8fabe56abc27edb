"""The rooms that look after an incident once it is graded and told: a literal list, in the order in which they go."""

from __future__ import annotations

from collections.abc import Callable

from watchtower.core.deadlines.follow import follow as keep_clocks
from watchtower.core.degrade.follow import follow as switch
from watchtower.core.ending import follow as end
from watchtower.core.hints import follow as hint
from watchtower.core.impact.stage import follow as impute
from watchtower.core.incidents import Incident
from watchtower.core.people.follow import follow as escalate
from watchtower.core.review.follow import follow as remember
from watchtower.core.sops.follow import follow as keep_lists
from watchtower.core.state import Step

ROOMS: tuple[Callable[[Step, Incident], None], ...] = (
    impute,
    end,
    hint,
    keep_clocks,
    escalate,
    keep_lists,
    switch,
    remember,
)


def attend(step: Step, incident_id: str) -> None:
    """Let every room look at the incident as it stands now."""
    for room in ROOMS:
        incident = step.state.incidents.get(incident_id)
        if incident is None:
            return
        room(step, incident)
