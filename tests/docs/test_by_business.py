"""docs/detectors/by-business.md says what the detector does: its table is played again, with the settings it shows."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest

from benchmarks.detection.guide import BUSINESSES, PAGE, settings, table
from watchtower.config.load import load

TEXT = PAGE.read_text(encoding="utf-8")
RULES = """
[[rule]]
name = "silent"
match = {}
when = 'outcome == "down"'
severity = "P1"
summary = "down"

[[responder]]
name = "li"
role = "oncall"
email = "li@example.com"

[channel.email]
mailbox = "mailbox"
"""


UNITS = {"h": 3600.0, "min": 60.0, "s": 1.0}
NEVER = [math.inf, math.inf]


def rows(markdown: str) -> dict[str, list[float]]:
    """By business: the figures of its row, seconds for durations."""
    found = (line.strip("| ").split(" | ") for line in markdown.splitlines() if line.startswith("| "))
    return {
        title: [one for cell in cells for one in figures(cell)]
        for title, _, *cells in found
        if title != "business"
    }


def figures(cell: str) -> list[float]:
    if cell.startswith("not within"):
        return NEVER
    span, _, requests = cell.partition(", ")
    if not requests:
        return [float(cell)]
    assert "of" not in requests, "some losses were not seen"
    seconds = sum(float(value) * UNITS[unit] for value, unit in re.findall(r"([\d.]+) (h|min|s)", span))
    return [seconds, float(requests.split()[0])]


def test_what_the_table_promises_is_kept() -> None:
    promised, played = rows(TEXT), rows(table())
    assert set(played) <= set(promised)
    for title, kept in played.items():
        assert all(now <= 1.25 * said for now, said in zip(kept, promised[title], strict=True)), (
            f"{title}: python -m benchmarks.detection.guide writes the table anew"
        )


@pytest.mark.parametrize("name", [one.name for one in BUSINESSES])
def test_the_check_of_a_business_loads(name: str, tmp_path: Path) -> None:
    found = re.search(rf"```toml\n# checks/{name}\.toml\n(.*?)```", TEXT, re.DOTALL)
    assert found is not None
    (tmp_path / "checks").mkdir()
    flow = f'[flow.{name}]\ntier = "core"\n'
    (tmp_path / "checks" / f"{name}.toml").write_text(flow + found[1])
    (tmp_path / "rules.toml").write_text(RULES)
    plan = load(tmp_path / "rules.toml", tmp_path / "checks", {}).plan
    assert settings(TEXT)[name]["name"] in plan.checks
