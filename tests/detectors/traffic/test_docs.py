"""docs/detectors/traffic.md says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from tests.config.cases import PEOPLE
from watchtower.config.load import load
from watchtower.detectors.traffic import Traffic
from watchtower.probes.registry import Registry

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "detectors" / "traffic.md").read_text(encoding="utf-8")


def rows(heading: str) -> set[str]:
    section = re.split(r"(?m)^## ", PAGE.split(f"## {heading}\n", 1)[1], maxsplit=1)[0]
    return set(re.findall(r"(?m)^\| `([^`]+)`", section))


def test_every_setting_and_fact_is_there() -> None:
    assert rows("Settings") == set(Traffic.Settings.model_fields)
    assert rows("Measurements") == set(Traffic.facts)


def test_the_example_is_a_valid_configuration(tmp_path: Path) -> None:
    check, *rules, declared, amounts = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "checks").mkdir()
    flow = '[flow.checkout]\ntier = "core"\n'
    (tmp_path / "checks" / "a.toml").write_text(flow + check + declared + amounts, encoding="utf-8")
    (tmp_path / "rules.toml").write_text("\n".join(rules) + PEOPLE, encoding="utf-8")
    plan = load(tmp_path / "rules.toml", tmp_path / "checks", {}, Registry.load(None)).plan
    assert set(plan.rules["flow-silent"].programs) == {
        "checkout-requests",
        "branch-transfers",
        "payments",
        "paid-amount",
    }
    assert set(plan.rules) == {"flow-silent", "users-fail", "too-few", "capacity-soon"}
