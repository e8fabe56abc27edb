"""Spans on the calendar: work hours, work days, months, across holidays and clock changes."""

from __future__ import annotations

from datetime import date

import pytest

from tests.core.deadlines.desk import moment
from watchtower.core.plan.calendar import CalendarSpan, Count, WorkCalendar, parse_span
from watchtower.daily_hours import DailyHours

CN = WorkCalendar(
    zone="Asia/Shanghai",
    days_off=frozenset({date(2026, 10, day) for day in range(1, 8)}),
    work_days=frozenset({date(2026, 10, 10)}),
)
BERLIN = WorkCalendar(zone="Europe/Berlin", hours=DailyHours(8 * 60, 16 * 60))

SPANS = [
    ("in working time", CN, "2026-11-23T10:00+08:00", "4 work hours", "2026-11-23T14:00+08:00"),
    ("begun before opening", CN, "2026-11-23T03:00+08:00", "4 work hours", "2026-11-23T13:00+08:00"),
    ("over the evening", CN, "2026-11-23T16:00+08:00", "4 work hours", "2026-11-24T11:00+08:00"),
    ("over the weekend", CN, "2026-11-20T17:30+08:00", "4 work hours", "2026-11-23T12:30+08:00"),
    ("longer than a day", CN, "2026-11-23T09:00+08:00", "20 work hours", "2026-11-25T11:00+08:00"),
    ("over the national holiday", CN, "2026-09-30T17:00+08:00", "2 work hours", "2026-10-08T10:00+08:00"),
    ("on a Saturday that is worked", CN, "2026-10-09T17:00+08:00", "2 work hours", "2026-10-10T10:00+08:00"),
    ("the next work day", CN, "2026-11-23T10:00+08:00", "1 work day", "2026-11-24T18:00+08:00"),
    ("the next work day from Friday", CN, "2026-11-20T10:00+08:00", "1 work day", "2026-11-23T18:00+08:00"),
    ("five work days", CN, "2026-11-20T23:00+08:00", "5 work days", "2026-11-27T18:00+08:00"),
    ("work days over a holiday", CN, "2026-09-29T10:00+08:00", "3 work days", "2026-10-09T18:00+08:00"),
    ("a day is a day and a night", CN, "2026-11-20T10:00+08:00", "1d", "2026-11-21T10:00+08:00"),
    ("a month", CN, "2026-11-20T10:00+08:00", "1 month", "2026-12-20T10:00+08:00"),
    ("a month that is shorter", CN, "2026-01-31T10:00+08:00", "1 month", "2026-02-28T10:00+08:00"),
    ("over the year", CN, "2026-12-31T10:00+08:00", "2 months", "2027-02-28T10:00+08:00"),
    ("in December", CN, "2026-11-30T10:00+08:00", "1 month", "2026-12-30T10:00+08:00"),
    ("over the night in which clocks go forward", BERLIN, "2026-03-27T15:00+01:00", "2 work hours", "2026-03-30T09:00+02:00"),
    ("a month into summer time", BERLIN, "2026-03-20T12:00+01:00", "1 month", "2026-04-20T12:00+02:00"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("calendar", "start", "span", "end"),
    [case[1:] for case in SPANS],
    ids=[case[0].replace(":", "") for case in SPANS],
)
def test_the_end(calendar: WorkCalendar, start: str, span: str, end: str) -> None:
    assert calendar.after(moment(start), parse_span(span)) == moment(end)


@pytest.mark.parametrize(
    "text", ["5m", "1d12h", "4 work hours", "1 work day", "5 work days", "1 month", "2 months"]
)
def test_what_is_written_is_what_is_read(text: str) -> None:
    assert str(parse_span(text)) == text


@pytest.mark.parametrize(
    "text", ["", "0s", "5", "5 days", "0 work days", "1.5 work days", "1.5 months", "400 work days", "soon"]
)
def test_what_is_no_span(text: str) -> None:
    with pytest.raises(ValueError, match=r"span|time"):
        parse_span(text)


def test_a_calendar_without_any_working_day_still_ends() -> None:
    never = WorkCalendar(weekend=frozenset(range(7)))
    assert never.after(0.0, CalendarSpan(2, Count.WORK_DAYS)) == 2 * 86400.0
    assert never.after(0.0, CalendarSpan(2, Count.WORK_HOURS)) == 2 * 3600.0


def test_a_span_is_told_in_both_languages() -> None:
    assert parse_span("5 work days").text.zh == "5 个工作日"
    assert parse_span("5 work days").text.en == "5 work days"
