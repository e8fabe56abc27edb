"""A key of an earlier release gets a hint that names it as it is called now."""

from __future__ import annotations

import pytest

from watchtower.config.plain_words import keys_of
from watchtower.config.problems import RENAMED, did_you_mean
from watchtower.config.rules_file import RulesFile
from watchtower.core.plan.sops import Sop


def test_the_hint_names_the_new_key() -> None:
    assert did_you_mean("blind", RulesFile.declared_fields) == 'did you mean "no_data"?'


@pytest.mark.parametrize("old", RENAMED)
def test_an_old_key_without_its_new_one_gets_no_such_hint(old: str) -> None:
    assert did_you_mean(old, ["unlike"]) == ""


def test_an_old_key_inside_a_list_of_tables_gets_it_too() -> None:
    assert did_you_mean("levels", keys_of(Sop, ("steps", 0))) == 'did you mean "severities"?'
