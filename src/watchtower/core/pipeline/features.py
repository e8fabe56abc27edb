"""The features of incidents, one object each, in one literal. Whatever is asked of every feature is asked of this list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from watchtower.core.actions.action import Action
from watchtower.core.changes.kinds import ChangeReported
from watchtower.core.checklists import actions as sop_actions
from watchtower.core.checklists import advance as sops
from watchtower.core.checklists import kinds as sop_kinds
from watchtower.core.deadlines import actions as deadline_actions
from watchtower.core.deadlines import advance as deadlines
from watchtower.core.deadlines import kinds as deadline_kinds
from watchtower.core.deadlines import standing as deadline_standing
from watchtower.core.degrade import actions as degrade_actions
from watchtower.core.degrade import advance as degrade
from watchtower.core.degrade import kinds as degrade_kinds
from watchtower.core.degrade import verdict
from watchtower.core.drills import kinds as drill_kinds
from watchtower.core.impact import actions as impact_actions
from watchtower.core.impact import advance as impact_advance
from watchtower.core.impact import kinds as impact_kinds
from watchtower.core.impact import stage as impact
from watchtower.core.incident.history import History
from watchtower.core.incident.incidents import Incident
from watchtower.core.incident.payload import Kinds, kinds
from watchtower.core.notes import actions as note_actions
from watchtower.core.notes import kinds as note_kinds
from watchtower.core.notify.page_roles import RolesNotified
from watchtower.core.people import actions as people_actions
from watchtower.core.people import advance as people
from watchtower.core.people import kinds as people_kinds
from watchtower.core.people.overrides import KINDS as OVERRIDE_KINDS
from watchtower.core.pipeline import auto_notes, auto_resolve, take_over
from watchtower.core.reviews import actions as review_actions
from watchtower.core.reviews import advance as review
from watchtower.core.reviews import kinds as review_kinds
from watchtower.core.severity import actions as severity_actions
from watchtower.core.severity import kinds as severity_kinds
from watchtower.core.severity import overrides
from watchtower.core.severity.factors import NO_FACTORS, Factors
from watchtower.core.silences import actions as silence_actions
from watchtower.core.silences import kinds as silence_kinds
from watchtower.core.state import State, Step
from watchtower.model import Instant
from watchtower.values import Frozen, field

Holds = Callable[[History], bool]


class Feature(Frozen):
    """`name` is the feature's field of `History`, and what its kinds of log entries begin with: `people.joined`.

    `advance` brings an incident up to this moment; `due` are moments at which that has to be done again. `factors` is
    what the feature contributes to the severity. An incident with something `unfinished` is neither forgotten nor merged
    into another; one of which a person `decided` something is not merged. `forget` drops what `State` keeps of it.
    `kinds` are its kinds of log entries.
    """

    name: str
    advance: Callable[[Step, Incident], None] | None = None
    actions: tuple[Action, ...] = ()
    due: Callable[[Step, Incident], Iterable[Instant]] | None = None
    factors: Callable[[History], Factors] | None = None
    unfinished: Holds | None = None
    decided: Holds | None = None
    forget: Callable[[State, str], None] | None = None
    kinds: Kinds = field(default_factory=dict)


FEATURES: tuple[Feature, ...] = (
    Feature(
        "impact", impact_advance.advance, impact_actions.ACTIONS, decided=lambda history: bool(history.impact.manual),
        forget=impact.forget, kinds=impact_kinds.KINDS,
    ),
    Feature("milestones", auto_resolve.advance, take_over.ACTIONS),
    Feature("notes", auto_notes.advance, note_actions.ACTIONS, forget=auto_notes.forget, kinds=note_kinds.KINDS),
    Feature(
        "deadlines", deadlines.advance, deadline_actions.ACTIONS, due=deadlines.due, factors=deadline_standing.factors,
        unfinished=deadline_standing.still_due, kinds=deadline_kinds.KINDS,
    ),
    Feature(
        "people", people.advance, people_actions.ACTIONS, due=people.due,
        decided=lambda history: bool(history.people.roles), kinds=people_kinds.KINDS,
    ),
    Feature("sop", sops.advance, sop_actions.ACTIONS, kinds=sop_kinds.KINDS),
    Feature(
        "degrade", degrade.advance, degrade_actions.ACTIONS, factors=verdict.factors, unfinished=verdict.unfinished,
        kinds=degrade_kinds.KINDS,
    ),
    Feature("review", review.advance, review_actions.ACTIONS, kinds=review_kinds.KINDS),
    Feature("severity", actions=severity_actions.ACTIONS, decided=overrides.decided, kinds=severity_kinds.KINDS),
    Feature("drill", kinds=drill_kinds.KINDS),
    Feature("silences", actions=silence_actions.ACTIONS, kinds=silence_kinds.KINDS),
)  # fmt: skip
"""In the order in which they advance an incident."""

ACTIONS: Mapping[str, Action] = {action.name: action for feature in FEATURES for action in feature.actions}
"""What people can do to an incident beside acknowledging and resolving it, by name."""

KINDS: Kinds = kinds(
    RolesNotified,
    ChangeReported,
    *OVERRIDE_KINDS.values(),
    *(kind for feature in FEATURES for kind in feature.kinds.values()),
)
"""Every kind of log entry that carries a payload, by name; `incident.lifecycle` has the bare words."""

_ADVANCE = tuple(feature.advance for feature in FEATURES if feature.advance)
_DUE = tuple(feature.due for feature in FEATURES if feature.due)
_FACTORS = tuple(feature.factors for feature in FEATURES if feature.factors)
_UNFINISHED = tuple(feature.unfinished for feature in FEATURES if feature.unfinished)
_DECIDED = tuple(feature.decided for feature in FEATURES if feature.decided)
_FORGET = tuple(feature.forget for feature in FEATURES if feature.forget)


def advance(step: Step, incident_id: str) -> None:
    """Lets every feature advance this incident to the moment."""
    for one in _ADVANCE:
        incident = step.state.incidents.get(incident_id)
        if incident is None:
            return
        one(step, incident)


def next_due(step: Step, incident: Incident) -> Instant | None:
    """When a feature must next advance this incident; None: nothing is due by itself."""
    moments = (moment for due in _DUE for moment in due(step, incident))
    return min((moment for moment in moments if moment > step.at), default=None)


def factors(history: History) -> Factors:
    """What all features contribute to the severity."""
    out = NO_FACTORS
    for one in _FACTORS:
        out = out.plus(one(history))
    return out


def may_merge(history: History) -> bool:
    """Whether this incident can merge into another without loss: nothing is unfinished, and no person decided
    anything."""
    return not any(holds(history) for holds in (*_UNFINISHED, *_DECIDED))


def forget(step: Step, incidents: Iterable[Incident]) -> None:
    """Removes settled incidents that can no longer be reopened, with their alerts and pages, from memory; the
    store keeps them."""
    for incident in [i for i in incidents if i.notified_all and not step.may_reopen(i)]:
        history = step.history(incident.id)
        if not any(holds(history) for holds in _UNFINISHED):
            step.settle(incident)
            for one in _FORGET:
                one(step.state, incident.id)
