"""docs/reachability.md: its example loads and pages; its table of names is complete."""

from __future__ import annotations

import re
from pathlib import Path

from tests.config.cases import PEOPLE
from watchtower.config.load import load
from watchtower.core.plan.checks import REACH_FACTS

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "reachability.md").read_text(encoding="utf-8")


def test_the_example_is_a_valid_configuration(tmp_path: Path) -> None:
    (tmp_path / "checks").mkdir()
    checks, rules = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "checks" / "checkout.toml").write_text(checks, encoding="utf-8")
    (tmp_path / "rules.toml").write_text(rules + PEOPLE, encoding="utf-8")
    loaded = load(tmp_path / "rules.toml", tmp_path / "checks", {})
    flow = loaded.plan.flows["checkout"]
    assert flow.traffic == ("checkout-requests",)
    assert flow.inside == ("checkout-health",)
    assert flow.outside == ("checkout-dns", "checkout-certificate", "checkout-page")
    assert flow.quorum == 2
    assert set(loaded.plan.rules["checkout-unreachable"].programs) == {"checkout-requests"}
    assert all(set(REACH_FACTS) <= set(check.facts) for check in loaded.plan.checks.values())
    assert "check-without-rule" not in {warning.name for warning in loaded.warnings}


def test_every_name_is_documented() -> None:
    table = PAGE.split("## Names in rules\n", 1)[1].split("\n## ", 1)[0]
    rows = [line for line in table.splitlines() if line.startswith("| `")]
    assert set(re.findall(r"`(reach\.\w+)`", " ".join(row.split("|")[1] for row in rows))) == set(REACH_FACTS)
