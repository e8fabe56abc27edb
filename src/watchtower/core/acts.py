"""Every action that people can do, by name: a literal that one can read."""

from __future__ import annotations

from collections.abc import Mapping

from watchtower.core.actions import Action

_ALL: tuple[Action, ...] = ()

ACTIONS: Mapping[str, Action] = {action.name: action for action in _ALL}
