"""The features that advance an incident once it is graded and told: a literal list, in the order in which they go."""

from __future__ import annotations

from collections.abc import Callable

from watchtower.core.deadlines.advance import advance as keep_clocks
from watchtower.core.degrade.advance import advance as switch
from watchtower.core.auto_resolve import advance as end
from watchtower.core.auto_notes import advance as hint
from watchtower.core.impact.stage import advance as impute
from watchtower.core.incidents import Incident
from watchtower.core.people.advance import advance as escalate
from watchtower.core.review.advance import advance as remember
from watchtower.core.sops.advance import advance as keep_lists
from watchtower.core.state import Step

FEATURES: tuple[Callable[[Step, Incident], None], ...] = (
    impute,
    end,
    hint,
    keep_clocks,
    escalate,
    keep_lists,
    switch,
    remember,
)


def advance(step: Step, incident_id: str) -> None:
    """Let every feature advance the incident as it stands now."""
    for room in FEATURES:
        incident = step.state.incidents.get(incident_id)
        if incident is None:
            return
        room(step, incident)
