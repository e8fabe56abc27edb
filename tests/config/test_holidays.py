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


CHECK_OF_DAYS = """
[[check]]
name = "a"
probe = "push"
[check.detect]
zone = "Asia/Shanghai"
"""


def loaded(folder: Path, country: str, check: str = CHECK):  # type: ignore[no-untyped-def]
    (folder / "checks").mkdir()
    (folder / "rules.toml").write_text(PEOPLE, encoding="utf-8")
    (folder / "checks" / "a.toml").write_text(check.format(country=country), encoding="utf-8")
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


def test_a_region_has_holidays_of_its_own(tmp_path: Path) -> None:
    pytest.importorskip("holidays")
    of_bavaria = {(day.month, day.day) for day in loaded(tmp_path, "DE-BY").days_off}
    assert (1, 6) in of_bavaria, "Epiphany, no holiday in most of Germany"


def test_a_region_that_is_not_known(tmp_path: Path) -> None:
    pytest.importorskip("holidays")
    with pytest.raises(ConfigError, match='there are no holidays of "DE-XX"'):
        loaded(tmp_path, "DE-XX")


def test_a_day_is_off_or_worked(tmp_path: Path) -> None:
    days = 'days_off = ["2026-10-01", "sat"]\nwork_days = ["2026-10-01"]'
    with pytest.raises(ConfigError, match="2026-10-01 is in days_off too"):
        loaded(tmp_path, "", f"{CHECK_OF_DAYS}{days}\n")
