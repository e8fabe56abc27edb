"""The tests of the rules that ship: they pass, each rule fires in one, and the schema is that of the code."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from watchtower.cli.test_rules import command
from watchtower.rule_tests import schema
from watchtower.rule_tests.tests_file import DoTable, ExpectTable, IncidentTable, InputTable, TestTable

ROOT = Path(__file__).parents[2]
TOMBI = Path(sys.executable).parent / "tombi"
DOC = ROOT / "docs" / "commands" / "test-rules.md"


def test_the_shipped_rules_do_what_they_are_meant_to_do() -> None:
    arguments = ["--rules", str(ROOT / "rules.toml"), "--checks", str(ROOT / "checks"), "--json"]
    result = CliRunner().invoke(command, arguments, catch_exceptions=False)
    told = json.loads(result.stdout)
    assert told["ok"], [one for test in told["tests"] for one in test["unmet"]]
    assert told["never_fired"] == []


def test_the_published_schema_is_up_to_date() -> None:
    published = (ROOT / "schemas" / "tests.schema.json").read_text(encoding="utf-8")
    assert json.loads(published) == schema.tests_schema(), (
        "run: watchtower schema tests > schemas/tests.schema.json"
    )


def lint(*files: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [TOMBI, "lint", "--offline", *files], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_an_editor_takes_the_shipped_tests() -> None:
    files = sorted((ROOT / "tests" / "rules").glob("*.toml"))
    for file in files:
        assert file.read_text("utf-8").startswith("#:schema ../../schemas/tests.schema.json\n")
    done = lint(*files)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "line", ['chek = "a"', "at = 5", "alerts = 3", 'paged = ["li"]'],
    ids=["a misspelt key", "a bare number", "a number of alerts", "a way that is missing"],
)  # fmt: skip
def test_an_editor_marks_what_is_wrong(tmp_path: Path, line: str) -> None:
    file = tmp_path / "a.toml"
    file.write_text(
        f'#:schema {ROOT}/schemas/tests.schema.json\n[[test]]\nname = "a"\n[[test.input]]\ncheck = "a"\n'
        f"[[test.expect]]\n{line}\n", encoding="utf-8",
    )  # fmt: skip
    assert lint(file).returncode != 0


def test_every_key_is_documented() -> None:
    text = DOC.read_text(encoding="utf-8")
    keys = {
        field.alias or name
        for table in (TestTable, InputTable, ExpectTable, DoTable, IncidentTable)
        for name, field in table.model_fields.items()
    }
    assert [key for key in sorted(keys) if f"`{key}`" not in text] == []


def test_the_page_shows_what_the_command_says_and_its_example_passes(tmp_path: Path) -> None:
    text = DOC.read_text(encoding="utf-8")
    arguments = ["--rules", str(ROOT / "rules.toml"), "--checks", str(ROOT / "checks")]
    shown = text.split("$ watchtower test-rules\n")[1].split("```")[0]
    assert CliRunner().invoke(command, arguments, catch_exceptions=False).stdout == shown
    example = tmp_path / "example.toml"
    example.write_text(text.split("```toml\n")[1].split("```")[0], encoding="utf-8")
    result = CliRunner().invoke(command, [*arguments, str(example)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
