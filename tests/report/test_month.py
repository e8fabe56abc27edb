"""Which incidents a month has, in whose zone, and what it is compared with."""

from __future__ import annotations

import json
from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from tests.review.past import DAY, DEC, NOV, november, record
from watchtower.daily_hours import zone_of
from watchtower.model import Language
from watchtower.report.markdown import bar, markdown
from watchtower.report.month import from_json, month_of, report, span_of, to_json
from watchtower.report.page import page
from watchtower.report.rows import short

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")


def test_a_month_begins_at_midnight_of_its_zone() -> None:
    assert span_of("2025-11") == (NOV, DEC)
    assert span_of("2025-11", SHANGHAI) == (NOV - 8 * 3600, DEC - 8 * 3600)
    assert span_of("2025-11", UTC, 6)[0] == NOV - 153 * DAY  # from 1 June
    begin, end = span_of("2025-10", BERLIN)
    assert end - begin == 31 * DAY + 3600  # the clocks are set back in it
    assert month_of(NOV - 1, UTC) == "2025-10"
    assert month_of(NOV - 1, SHANGHAI) == "2025-11"


@pytest.mark.parametrize("month", ["2025-13", "2025-00", "November", "2025-1", "", "2025-11-01"])
def test_what_is_no_month_is_refused_with_an_example(month: str) -> None:
    with pytest.raises(ValueError, match="such as 2026-11"):
        span_of(month)


def test_an_incident_belongs_to_the_month_and_day_in_which_it_opened_there() -> None:
    late = record(1, 31)  # 1 December, 00:00 UTC
    late_there = report([late], "2025-12", SHANGHAI, DEC + DAY)
    assert late_there.days[0] == {"P1": 1}
    early = record(2, 0.7)  # 31 October, 16:48 UTC: 1 November in Shanghai
    assert report([early], "2025-11", SHANGHAI, DEC).days[0] == {"P1": 1}
    assert report([early], "2025-11", UTC, DEC).figures.incidents == 0


def test_the_trend_has_six_months_and_none_that_has_not_begun() -> None:
    made = report(november(), "2025-11", UTC, DEC)
    assert [(p.month, sum(p.levels.values())) for p in made.trend][-2:] == [("2025-10", 1), ("2025-11", 3)]
    assert len(made.trend) == 6
    assert report([], "2025-12", UTC, NOV).trend[-1].month == "2025-11"


def test_the_list_begins_with_the_worst_that_counts_and_is_bounded() -> None:
    many = [record(n, 1 + n / 10, "P3") for n in range(150)]
    made = report([*many, record(999, 5, "P0")], "2025-11", UTC, DEC)
    assert (made.incidents[0].incident, len(made.incidents), made.unlisted) == ("INC-999", 100, 51)
    assert "51 more are left out" in markdown(made, Language.EN)


def test_it_goes_through_json_unchanged() -> None:
    made = report(november(), "2025-11", SHANGHAI, DEC)
    assert from_json(json.loads(json.dumps(to_json(made)))) == made


@pytest.mark.parametrize("language", Language)
def test_an_empty_month_says_so(language: Language) -> None:
    made = report([], "2025-11", UTC, DEC)
    assert "<svg" not in page(made, language)
    assert {Language.EN: "Nothing happened", Language.ZH: "没有计入统计"}[language] in markdown(
        made, language
    )


def test_what_people_wrote_is_text_on_the_page() -> None:
    made = report([record(1, 3, cause_tag="<script>")], "2025-11", UTC, DEC)
    assert "<script>" not in page(made, Language.EN)
    assert "a\\|b" in markdown(report([record(1, 3, cause_tag="a|b")], "2025-11", UTC, DEC), Language.EN)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(None, "–"), (0.2, "0:00"), (59.6, "1:00"), (629.0, "10:29"), (93_784.0, "26:03:04")],
)
def test_short_times(seconds: float | None, said: str) -> None:
    assert short(seconds) == said


@pytest.mark.parametrize(
    ("share", "drawn"),
    [(None, ""), (0.0, "····"), (1.0, "████"), (0.5, "██··"), (0.4, "█▌··"), (7.0, "████")],
)
def test_bars(share: float | None, drawn: str) -> None:
    assert bar(share, 4) == drawn


def test_zones_by_name_and_offset() -> None:
    assert zone_of("Asia/Shanghai") == SHANGHAI
    assert str(zone_of("UTC-03:30")) == "UTC-03:30"
    assert zone_of("Moon/Base") is UTC
