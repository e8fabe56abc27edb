"""An indicator is one entry of one file: whoever adds it sees it everywhere."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import watchtower
from tests.core.severity.table import lines
from watchtower.core.plan.indicators import INDICATORS, Group, IndicatorUnit

ROOT = Path(__file__).parents[3]
FLOWS_HURT = """
    Indicator(
        "flows_hurt", Group.TRUST, IndicatorUnit.COUNT,
        Text("{} flows are hurt", "受损流程 {} 个"), Text("flows hurt", "受损流程数"),
        Text("flows that fail now", "当前受损流程数"), (4, 2), 3, True,
        lambda found: float(sum(flow.impact > 0 for flow in found.flows)),
    ),
)  # fmt: skip

INDICATORS"""
RULES = """
[severity.matrix]
flows_hurt = { P0 = 3, P1 = 2, P2 = 1 }
"""


@pytest.fixture(scope="module")
def everywhere(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    folder = tmp_path_factory.mktemp("indicator")
    shutil.copytree(
        Path(watchtower.__file__).parent,
        folder / "src" / "watchtower",
        ignore=shutil.ignore_patterns("__pycache__", "*.gz"),
    )
    declared = folder / "src" / "watchtower" / "core" / "plan" / "indicators.py"
    before = declared.read_text(encoding="utf-8")
    assert before.count("\n)  # fmt: skip\n\nINDICATORS") == 1
    declared.write_text(before.replace("\n)  # fmt: skip\n\nINDICATORS", FLOWS_HURT), encoding="utf-8")
    (folder / "row.toml").write_text(RULES, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "tests.core.severity.everywhere", str(folder)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(folder / "src")},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_an_indicator_of_one_entry_is_a_key_of_the_configuration(everywhere: dict[str, object]) -> None:
    assert everywhere["schema"]
    assert everywhere["compliance"], "and packs of duties may test it"


def test_it_decides_a_severity_and_the_page_says_so(everywhere: dict[str, object]) -> None:
    assert everywhere["severity"] == "P1"
    assert everywhere["page"] == [
        "P1 because 2 flows are hurt (P1 from 2).",
        "P1：受损流程 2 个（2 起为 P1）。",
    ]


def test_explain_has_a_row_for_it(everywhere: dict[str, object]) -> None:
    (row,) = [line for line in everywhere["explain"] if "flows hurt" in line]  # type: ignore[attr-defined]
    assert row.split() == ["*", "flows", "hurt", "2", "3", "[2]", "1", "-", "P1", "trust"]


def test_the_table_in_the_docs_has_a_row_for_it(everywhere: dict[str, object]) -> None:
    assert everywhere["docs"] == [*lines(), "| `flows_hurt` | 4 | 2 | | | flows that fail now |"]


def test_the_table_in_the_docs_is_what_is_declared() -> None:
    page = (ROOT / "docs" / "severity.md").read_text(encoding="utf-8")
    assert "\n".join(lines()) in page


def test_a_share_is_held_down_by_the_gate_and_nothing_else_is() -> None:
    assert {name for name, one in INDICATORS.items() if one.relative} == {
        "scope_share", "affected_users_share", "day_share",
    }  # fmt: skip


def test_what_is_money_is_of_the_group_of_money() -> None:
    assert {one.group for one in INDICATORS.values() if one.unit is IndicatorUnit.MONEY} == {Group.MONEY}
