"""docs/runway.md: its example loads, and the thresholds in it tells its thresholds."""

from __future__ import annotations

import re
from pathlib import Path

from tests.config.cases import PEOPLE
from tests.detectors.runway.account import DAY, START
from watchtower.config.load import load
from watchtower.core.events import Acknowledged, Delivered, Observed, PageQueued
from watchtower.core.pipeline.engine import Engine
from watchtower.core.plan import Plan
from watchtower.detectors import DETECTORS
from watchtower.model import Observation, Outcome, Reading

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "runway.md").read_text(encoding="utf-8")


def example(folder: Path) -> Plan:
    (folder / "checks").mkdir()
    checks, rules = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    (folder / "checks" / "runway.toml").write_text(checks, encoding="utf-8")
    (folder / "rules.toml").write_text(rules + PEOPLE, encoding="utf-8")
    return load(folder / "rules.toml", folder / "checks", {}).plan


def test_a_certificate_that_nobody_renews_is_told_rung_by_rung_also_to_who_acknowledged(
    tmp_path: Path,
) -> None:
    engine = Engine(example(tmp_path), DETECTORS, START)
    told: list[tuple[float, str, str]] = []
    for hour in range(45 * 24):
        at, left = START + hour * 3600, 40.5 - hour / 24
        reading = Reading(Outcome.UP if left > 0 else Outcome.DOWN, {"tls_days_left": left})
        decisions = engine.handle(Observed(Observation("shop-certificate", at, reading)), at)
        for queued in [one for one in decisions if isinstance(one, PageQueued)]:
            entry = (
                round(left - 1, 1),
                str(queued.page.kind),
                str(queued.page.message.severity),
            )  # a day of lead time
            if entry not in told:
                told.append(entry)
            engine.handle(Delivered(queued.page.id, queued.page.incident), at)
            engine.handle(Acknowledged(queued.page.incident, "li"), at)
    assert told == [
        (30.0, "new", "P4"),
        (14.0, "upgrade", "P3"),
        (7.0, "upgrade", "P2"),
        (3.0, "update", "P2"),
        (1.0, "upgrade", "P1"),
    ]
    reading = Reading(Outcome.UP, {"tls_days_left": 90.0})
    renewed = engine.handle(Observed(Observation("shop-certificate", at + DAY, reading)), at + DAY)
    assert {str(one.page.kind) for one in renewed if isinstance(one, PageQueued)} == {"resolved"}
