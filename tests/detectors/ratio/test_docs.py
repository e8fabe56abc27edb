"""docs/detectors/ratio.md and docs/probes/derive.md say what the code does; the page's times are computed again."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.config.cases import PEOPLE
from tests.detectors.ratio.test_ratio import DAY, Payments
from watchtower.config.load import load
from watchtower.detectors.ratio import CountRatio
from watchtower.model import Observation, Outcome, Reading
from watchtower.probes.registry import Registry

DOCS = Path(__file__).resolve().parents[3] / "docs"
PAGE, PROBE = (
    (DOCS / name).read_text(encoding="utf-8") for name in ("detectors/ratio.md", "probes/derive.md")
)
SHOWN = re.findall(r"(?m)^\| ([0-9]+) a minute \| ([0-9]+) min \|", PAGE)


def rows(heading: str) -> set[str]:
    section = re.split(r"(?m)^## ", PAGE.split(f"## {heading}\n", 1)[1], maxsplit=1)[0]
    return set(re.findall(r"(?m)^\| `([^`]+)`", section))


def test_every_setting_and_fact_is_there() -> None:
    assert rows("Settings") == set(CountRatio.Settings.model_fields)
    assert rows("Measurements") == set(CountRatio.facts)


def minutes(per_minute: float, share: float) -> int:
    """Until a fall shows that has exactly this share."""
    payments = Payments(per_minute).go(DAY)
    for n in range(1, 600):
        measured = {"part": share * per_minute, "whole": per_minute}
        at = payments.at + n * 60.0
        facts = payments.detector.update(
            Observation("payments", at, Reading(Outcome.UP, measured, covers=60.0))
        )
        if facts["ratio.fallen"]:
            return n
    raise AssertionError("never")


@pytest.mark.parametrize(("rate", "shown"), SHOWN)
def test_the_times_until_a_fall_to_half_shows(rate: str, shown: str) -> None:
    assert minutes(float(rate), 0.5) == int(shown)


def test_the_examples_are_valid(tmp_path: Path) -> None:
    checks, rules = re.findall(r"```toml\n(.*?)```", PROBE, re.DOTALL)
    more = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)[0].replace('"payments-fail"', '"ratio-fallen"')
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks" / "a.toml").write_text(checks, encoding="utf-8")
    (tmp_path / "rules.toml").write_text(rules + more + PEOPLE, encoding="utf-8")
    plan = load(
        tmp_path / "rules.toml", tmp_path / "checks", {"PGPASSWORD": "secret-of-tests"}, Registry.load(None)
    ).plan
    assert {name for name, rule in plan.rules.items() if "payment-success" in rule.programs} == {
        "payments-fail", "ratio-fallen", "payments-below-contract",
    }  # fmt: skip
