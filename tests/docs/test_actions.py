"""docs/actions.md tells of every action and every field of it, and of nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from watchtower.core.actions.action import Action
from watchtower.core.pipeline.features import ACTIONS

PAGE = (Path(__file__).parents[2] / "docs" / "actions.md").read_text("utf-8")
ROWS = dict(re.findall(r"^\| `([a-z_]+)` \| (.*?) \|", PAGE, re.MULTILINE))


def test_every_action_has_its_row_and_nothing_else_has_one() -> None:
    assert set(ROWS) == set(ACTIONS)


@pytest.mark.parametrize("action", ACTIONS.values(), ids=lambda one: one.name)
def test_every_field_is_there_and_said_to_be_optional_where_it_is(action: Action) -> None:
    told = {name: bracket == "" for bracket, name in re.findall(r"(\[?)`([a-z_]+)`", ROWS[action.name])}
    assert told == {name: field.required for name, field in action.fields.items()}
    assert f"{action.help.en}" in PAGE
    assert action.help.zh
    assert all(field.help.en and field.help.zh for field in action.fields.values())
