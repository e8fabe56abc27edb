"""The examples of docs/locations.md are right, and its tests of rules pass."""

from __future__ import annotations

import re
from pathlib import Path

from tests.config.cases import PEOPLE
from watchtower.config.load import load
from watchtower.rule_tests.expectations import unmet
from watchtower.rule_tests.play import play
from watchtower.rule_tests.reading import read

PAGE = (Path(__file__).parents[2] / "docs" / "locations.md").read_text(encoding="utf-8")
DOWN = '[[rule]]\nname = "down"\nmatch = { check = "bank-gateway" }\nwhen = \'outcome == "down"\'\nseverity = "P1"\n'


def test_the_page(tmp_path: Path) -> None:
    checks, rules, tests = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks" / "bank.toml").write_text(checks, encoding="utf-8")
    (tmp_path / "rules.toml").write_text(f"{DOWN}{rules}{PEOPLE}", encoding="utf-8")
    (tmp_path / "places.toml").write_text(tests, encoding="utf-8")
    plan = load(tmp_path / "rules.toml", tmp_path / "checks", {}).plan
    assert (plan.checks["bank-gateway"].quorum, plan.locations["hk"].title.zh) == (2, "香港")
    found = read([tmp_path / "places.toml"], plan)
    assert [one.name for one in found] == ["two of three", "one is cut off"]
    assert [wrong for one in found for wrong in unmet(play(one, plan))] == []
