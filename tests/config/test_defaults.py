"""`watchtower rules --defaults` prints what holds: it loads, and changes nothing."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.config.cases import PEOPLE
from tests.config.test_lint import rule
from tests.config.test_severity import plan_of
from watchtower.cli.rules import command
from watchtower.config.defaults import defaults, tables
from watchtower.config.rules_file import RulesFile
from watchtower.config.schema import rules_schema


def printed(*arguments: str) -> str:
    found = CliRunner().invoke(command, [*arguments])
    assert found.exit_code == 0, found.output
    return found.output


def test_it_loads_and_changes_nothing(tmp_path: Path) -> None:
    rules = rule("traffic.silent", "orders", "matrix")
    (tmp_path / "plain").mkdir()
    (tmp_path / "written").mkdir()
    written = plan_of(tmp_path / "written", rules + printed("--defaults"))
    plain = plan_of(tmp_path / "plain", rules)
    # Programs and settings of probes are compiled anew each time; they have no defaults here.
    assert replace(written, checks={}, rules={}) == replace(plain, checks={}, rules={})
    assert written.rules.keys() == plain.rules.keys()
    assert written.rules["r"].severity is plain.rules["r"].severity


@pytest.mark.parametrize("name", tables())
def test_every_table_is_there_with_every_key(name: str) -> None:
    text = defaults(name)
    assert re.search(rf"(?m)^#?(\[+{name}\b|{name} =)", text)
    schema = rules_schema()
    known = schema["properties"][name]
    while "$ref" not in known and not known.get("properties"):
        known = known.get("items") or known.get("additionalProperties") or (known.get("anyOf") or [{}])[0]
        if not known:
            return
    table = schema["$defs"][known["$ref"].rpartition("/")[2]] if "$ref" in known else known
    for key in table["properties"]:
        assert re.search(rf"(?m)^#?({key} =|\[+{name}\.([\w.]+\.)?{key}(\.\w+)?\])", text), key


def test_what_is_commented_out_would_be_right_too() -> None:
    """Every key that has a value, with its # taken away, is TOML."""
    bare = "\n".join(
        line.removeprefix("#") if re.match(r"#(\[|\w+ = .)", line) and not re.search(r"= +#", line) else line
        for line in printed("--defaults").splitlines()
    )
    text = re.sub(r"(?m)^#.*$", "", bare)
    once = re.sub(r"(?m)^\[(\w+)\.NAME\]", r"[\1.example]", text)
    told = tomllib.loads(once)
    assert set(told) <= set(RulesFile.model_fields)
    assert told["targets"]["P0"]["resolve"] == "1d"
    assert told["paging"]["P0"]["remind_every"] == "5m"
    assert told["severity"]["matrix"]["affected_users"] == {
        "P0": 100_000,
        "P1": 10_000,
        "P2": 1_000,
        "P3": 100,
    }


def test_targets_and_paging_written_out_are_what_holds(tmp_path: Path) -> None:
    """Uncommented they are the same clocks, and the same people where every role is filled."""
    text = re.sub(r"(?m)^#(?=\[|\w+ = [^# ])", "", printed("--defaults", "targets"))
    rules = rule("traffic.silent", "orders", "matrix")
    (tmp_path / "plain").mkdir()
    (tmp_path / "written").mkdir()
    written = plan_of(tmp_path / "written", rules + text).deadlines
    assert written.targets == plan_of(tmp_path / "plain", rules).deadlines.targets


def test_one_table() -> None:
    assert printed("--defaults", "no_data").splitlines()[2:4] == [
        "[no_data]",
        'severity = "P3"                               # Of one check without data.',
    ]
    assert printed("severity") == 'severity    How incidents of rules with severity = "matrix" are graded.\n'


def test_a_table_that_there_is_not() -> None:
    found = CliRunner().invoke(command, ["severty"])
    assert found.exit_code == 2
    assert 'there is no table "severty"' in found.output
    assert 'did you mean "severity"?' in found.output


def test_no_secret_is_shown() -> None:
    assert "password" in printed("--defaults", "channel")
    assert "li@example.com" in PEOPLE
    assert "li@example.com" not in printed("--defaults")
