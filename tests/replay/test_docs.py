"""The example in docs/commands/backtest.md says what the command says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from watchtower.cli.backtest import command

ROOT = Path(__file__).parents[2]


def comparable(text: str) -> list[str]:
    """Lines without what depends on the machine."""
    lines = text.replace(f"{ROOT}/", "").strip().splitlines()
    return [re.sub(r", [0-9,]+ polls/s", "", line).rstrip() for line in lines]


def test_the_example_of_backtest() -> None:
    page = (ROOT / "docs" / "commands" / "backtest.md").read_text(encoding="utf-8")
    found = re.search(r"```console\n\$ watchtower backtest (.*)\n((?:.*\n)*?)```", page)
    assert found is not None
    arguments = [str(ROOT / a) if a.startswith("src/") else a for a in shlex.split(found[1])]
    arguments = [a.replace("=src/", f"={ROOT}/src/") for a in arguments]
    result = CliRunner().invoke(command, arguments, env={"COLUMNS": "80"}, catch_exceptions=False)
    assert comparable(result.stdout) == comparable(found[2])


SEVERITY = (ROOT / "docs" / "severity.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"```console\n\$ watchtower backtest (.*)\n((?:.*\n)*?)```", SEVERITY)


@pytest.mark.parametrize(("line", "shown"), SHOWN, ids=["by the matrix", "explained", "by another matrix"])
def test_the_examples_of_severity(line: str, shown: str) -> None:
    arguments = [str(ROOT / a) if a.startswith(("src/", "docs/")) else a for a in shlex.split(line)]
    arguments = [a.replace("=src/", f"={ROOT}/src/") for a in arguments]
    result = CliRunner().invoke(command, arguments, env={"COLUMNS": "80"}, catch_exceptions=False)
    assert comparable(result.stdout) == comparable(shown)


def test_every_option_of_backtest_is_described() -> None:
    page = (ROOT / "docs" / "commands" / "backtest.md").read_text(encoding="utf-8")
    options = [option for parameter in command.params for option in parameter.opts if option != "--deliver"]
    assert [option for option in options if option not in page] == []
