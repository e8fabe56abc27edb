"""Every action that people can do, by name: a literal that one can read."""

from __future__ import annotations

from collections.abc import Mapping

from watchtower.core.actions.action import Action
from watchtower.core.deadlines import actions as deadlines
from watchtower.core.degrade import actions as degrade
from watchtower.core.notes import actions as notes
from watchtower.core.people import actions as people
from watchtower.core.review import actions as review
from watchtower.core.severity import actions as severity
from watchtower.core.sops import actions as sops

_ALL: tuple[Action, ...] = (
    *deadlines.ACTIONS,
    *people.ACTIONS,
    *review.ACTIONS,
    *severity.ACTIONS,
    *notes.ACTIONS,
    *sops.ACTIONS,
    *degrade.ACTIONS,
)

ACTIONS: Mapping[str, Action] = {action.name: action for action in _ALL}
