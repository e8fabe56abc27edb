"""Holidays by country become plain days for the detector."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.config.cases import PEOPLE
from watchtower.config.load import load
from watchtower.errors import ConfigError
from watchtower.probes.registry import Registry

CHECK = """
[[check]]
name = "a"
probe = "push"
detect = {{ holidays = "{country}", days_off = ["2026-12-24"], work_days = ["2026-12-26"], zone = "Asia/Shanghai" }}
"""


def loaded(folder: Path, country: str):  # type: ignore[no-untyped-def]
    (folder / "checks").mkdir()
    (folder / "rules.toml").write_text(PEOPLE, encoding="utf-8")
    (folder / "checks" / "a.toml").write_text(CHECK.format(country=country), encoding="utf-8")
    return load(folder / "rules.toml", folder / "checks", {}, Registry.load(None)).plan.checks["a"].detect


def test_china_with_its_make_up_workdays(tmp_path: Path) -> None:
    pytest.importorskip("holidays")
    detect = loaded(tmp_path, "CN")
    assert date(2026, 12, 24) in detect.days_off
    assert date(2026, 12, 26) in detect.work_days
    assert any(day.month == 10 and day.day == 1 for day in detect.days_off)
    assert all(day.weekday() >= 5 for day in detect.work_days)
    assert len(detect.work_days) > 1


def test_a_country_that_is_not_known(tmp_path: Path) -> None:
    pytest.importorskip("holidays")
    with pytest.raises(ConfigError, match='there are no holidays of "XX"'):
        loaded(tmp_path, "XX")
