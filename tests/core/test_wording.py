"""How values are said to people. Each row: value, unit, English, Chinese."""

from __future__ import annotations

import math
from datetime import UTC
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchtower.model import Language, Severity, Unit, Value
from watchtower.page_kinds import PageKind
from watchtower.texts import units

EN, ZH = Language.EN, Language.ZH
AFTERNOON = 1_763_822_590.0  # 2025-11-22 14:43:10 UTC

SPOKEN = [
    (None, Unit.SECONDS, "unknown", "未知"),
    (math.nan, Unit.RATIO, "unknown", "未知"),
    (math.inf, Unit.DAYS, "∞", "∞"),
    (True, Unit.NONE, "yes", "是"),
    ("timeout", Unit.NONE, "timeout", "timeout"),
    (0.0, Unit.SECONDS, "0 s", "0 秒"),
    (0.32041, Unit.SECONDS, "320 ms", "320 毫秒"),
    (0.99961, Unit.SECONDS, "1 s", "1 秒"),
    (4.2000001, Unit.SECONDS, "4.2 s", "4.2 秒"),
    (59.97, Unit.SECONDS, "1 min", "1 分"),
    (200.0, Unit.SECONDS, "3 min 20 s", "3 分 20 秒"),
    (3599.7, Unit.SECONDS, "1 h", "1 小时"),
    (7520.0, Unit.SECONDS, "2 h 5 min", "2 小时 5 分"),
    (100_800.0, Unit.SECONDS, "1 d 4 h", "1 天 4 小时"),
    (-75.0, Unit.SECONDS, "-1 min 15 s", "-1 分 15 秒"),
    (2.5, Unit.DAYS, "2.5 days", "2.5 天"),
    (1.0, Unit.DAYS, "1 day", "1 天"),
    (0.3, Unit.DAYS, "7 h 12 min", "7 小时 12 分"),
    (0.0, Unit.DAYS, "0 days", "0 天"),
    (512.0, Unit.BYTES, "512 B", "512 B"),
    (1023.9 * 1024, Unit.BYTES, "1 MiB", "1 MiB"),
    (1.5 * 1024**3, Unit.BYTES, "1.5 GiB", "1.5 GiB"),
    (0.1234567, Unit.RATIO, "12%", "12%"),
    (1.0, Unit.RATIO, "100%", "100%"),
    (1.00016, Unit.RATIO, "100%", "100%"),
    (0.8893, Unit.RATIO, "89%", "89%"),
    (0.99999, Unit.RATIO, "99.999%", "99.999%"),  # not rounded up to a promise that was not kept
    (0.00001, Unit.RATIO, "0.001%", "0.001%"),  # not rounded down to nothing
    (0.0, Unit.RATIO, "0%", "0%"),
    (12.5, Unit.PER_SECOND, "12.5/s", "12.5/秒"),
    (1_234_567.5, Unit.MONEY, "1,234,567.50", "1,234,567.50"),
    (-0.001, Unit.MONEY, "0.00", "0.00"),
    (503.0, Unit.NONE, "503", "503"),
    (0.1 + 0.2, Unit.NONE, "0.3", "0.3"),
    (123_456.7, Unit.NONE, "123457", "123457"),
    (AFTERNOON, Unit.INSTANT, "14:43:10 UTC", "14:43:10 UTC"),
    (1e300, Unit.INSTANT, "unknown", "未知"),
]


@pytest.mark.parametrize(("value", "unit", "en", "zh"), SPOKEN)
def test_values_are_said_as_people_say_them(value: Value, unit: Unit, en: str, zh: str) -> None:
    assert units.show(value, unit, EN) == en
    assert units.show(value, unit, ZH) == zh


@given(
    st.one_of(st.none(), st.booleans(), st.text(), st.floats()),
    st.sampled_from(Unit),
    st.sampled_from(Language),
)
def test_every_value_of_every_unit_has_words(value: Value, unit: Unit, language: Language) -> None:
    assert isinstance(units.show(value, unit, language), str)


@given(st.floats(min_value=0, max_value=1e9))
def test_a_duration_never_has_more_than_two_units_nor_sixty_of_one(seconds: float) -> None:
    words = units.duration_words(seconds, EN).split()
    assert len(words) in (2, 4)
    assert not (words[1] in ("s", "min") and float(words[0]) >= 60)


def test_an_instant_of_another_day_shows_its_date() -> None:
    assert units.moment(AFTERNOON - 86_400, UTC, EN, at=AFTERNOON) == "2025-11-21 14:43:10 UTC"
    assert units.moment(AFTERNOON, UTC, EN, at=AFTERNOON + 60) == "14:43:10 UTC"


def test_a_zone_is_named_by_its_offset_which_cannot_be_mistaken_for_another() -> None:
    assert units.moment(AFTERNOON, ZoneInfo("Asia/Shanghai"), ZH) == "22:43:10 UTC+8"
    assert units.moment(AFTERNOON, ZoneInfo("America/St_Johns"), EN) == "11:13:10 UTC-3:30"


def test_every_term_has_words_in_both_languages() -> None:
    assert set(units.SEVERITIES) == set(Severity)
    words = [*units.SEVERITIES.values(), *(kind.traits.word for kind in PageKind)]
    assert all(text.en and text.zh for text in words)
    assert units.status_word("acknowledged", ZH) == "已认领"
    assert units.status_word("something-new", EN) == "something-new"
