"""`watchtower backtest --explain`: why an incident of a replay would be at its level."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from watchtower.cli.backtest import command

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "src" / "watchtower" / "demo"
DAY = [
    "--checks", str(DEMO / "checks"), "--samples", f"site-requests={DEMO / 'erin-1995.csv.gz'}",
    "--until", "1995-08-01T19:15:00Z", "--ack-after", "5m",
]  # fmt: skip


def backtest(rules: str, *arguments: str) -> Result:
    return CliRunner().invoke(
        command,
        ["--rules", str(ROOT / "docs" / "examples" / rules), *DAY, *arguments],
        catch_exceptions=False,
    )


def test_an_edited_gate_changes_the_level_and_the_explanation_says_which() -> None:
    levels = {}
    for rules in ("matrix.toml", "matrix-strict.toml"):
        body = json.loads(backtest(rules, "--explain", "INC-1", "--json").stdout)
        share = next(row for row in body["rows"] if row["indicator"] == "scope_share")
        levels[rules] = (body["record"], share["reaches"], share["severity"], share["decided"])
    assert levels == {
        "matrix.toml": ("P0", "P0", "P0", True),
        "matrix-strict.toml": ("P1", "P0", "P1", True),
    }
    held = backtest("matrix-strict.toml", "--explain", "INC-1").stdout
    assert "P0 from 50%, but only from 20,000 users" in held
    assert (
        "50% 起为 P0，但受影响用户须达 20,000 人"
        in backtest("matrix-strict.toml", "--explain", "INC-1", "--lang", "zh").stdout
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--explain", "INC-9"], "these rules open no incident INC-9\n  hint: they open INC-1"),
        (["--explain", "INC-1", "--plot", "x.png"], "--explain goes with neither --against nor --plot"),
    ],
    ids=["no such incident", "a picture"],
)
def test_what_cannot_be_explained(arguments: list[str], said: str) -> None:
    result = backtest("matrix.toml", *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
