"""What is declared of a flow at a time: zones, daylight saving, midnight, holidays and make-up workdays."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from watchtower.detectors.traffic import Traffic
from watchtower.detectors.traffic.timetable import ORDINARY, DeclaredTime, Timetable

SHOP = {"mon-fri": "09:00-17:30", "sat": "10:00-14:00", "sun": "closed"}
MARKET = {
    "mon-fri": ["09:30-11:30", "13:00-15:00"],
    "sat-sun": "closed",
    "days_off": "closed",
    "work_days": "closed",
}
BAR = {"mon-thu": "18:00-02:00", "fri-sat": "18:00-04:00", "sun": "closed"}
ALWAYS = {"mon-sun": "open"}


def table(**settings: Any) -> Timetable:
    return Timetable(Traffic.Settings.model_validate(settings))


def at(text: str, zone: str = "UTC", fold: int = 0) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp()


def said(wrong: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        Traffic.Settings.model_validate(wrong)
    return "; ".join(str(one["msg"]) for one in caught.value.errors())


OPEN = [
    # 2026-11-27 is a Friday.
    ("a shop opens to the second", SHOP, "2026-11-27 09:00:00", True),
    ("not before", SHOP, "2026-11-27 08:59:59", False),
    ("it closes to the second", SHOP, "2026-11-27 17:30:00", False),
    ("Saturday has its own hours", SHOP, "2026-11-28 14:00", False),
    ("Sunday is closed", SHOP, "2026-11-29 12:00", False),
    ("a market rests at noon", MARKET, "2026-11-27 12:00", False),
    ("and goes on after it", MARKET, "2026-11-27 13:00", True),
    ("a bar's night belongs to the evening before", BAR, "2026-11-27 01:59", True),
    ("Friday's night is longer", BAR, "2026-11-28 03:59", True),
    ("Saturday's night reaches into a closed Sunday", BAR, "2026-11-29 03:59", True),
    ("a closed Sunday has no night", BAR, "2026-11-30 01:00", False),
    ("open round the clock", ALWAYS, "2026-11-29 23:59:59", True),
]


@pytest.mark.parametrize(("hours", "when", "open_"), [row[1:] for row in OPEN], ids=[row[0] for row in OPEN])
def test_opening_hours(hours: dict[str, Any], when: str, open_: bool) -> None:
    for zone in ("UTC", "Asia/Shanghai", "America/New_York"):
        found = table(hours=hours, zone=zone).declared(at(when, zone))
        assert found == (
            ORDINARY if open_ else DeclaredTime(closed=True, factor=0.0, learns=False, by="hours")
        )


def test_hours_are_those_of_the_flow_and_not_of_this_machine() -> None:
    shanghai = table(hours=SHOP, zone="Asia/Shanghai")
    assert not shanghai.declared(at("2026-11-27 09:00", "Asia/Shanghai")).closed
    assert shanghai.declared(at("2026-11-27 09:30")).closed  # 17:30 there


def test_hours_follow_daylight_saving() -> None:
    berlin = table(hours=SHOP, zone="Europe/Berlin")
    for day in ("2026-03-27", "2026-03-30", "2026-10-23", "2026-10-26"):
        assert not berlin.declared(at(f"{day} 09:00", "Europe/Berlin")).closed
        assert berlin.declared(at(f"{day} 08:59", "Europe/Berlin")).closed


def open_seconds(days: Timetable, begin: float, hours: int) -> int:
    return sum(60 for n in range(hours * 60) if not days.declared(begin + n * 60).closed)


def test_a_night_over_a_change_of_the_clock_is_an_hour_longer_or_shorter() -> None:
    bar = table(hours=dict.fromkeys(["mon-sun"], "20:00-04:00"), zone="Europe/Berlin")
    lengths = {
        day: open_seconds(bar, at(f"{day} 12:00", "Europe/Berlin"), 24) / 3600
        for day in ("2026-03-28", "2026-06-01", "2026-10-24")
    }
    assert lengths == {"2026-03-28": 7.0, "2026-06-01": 8.0, "2026-10-24": 9.0}


HOLIDAY = {"zone": "Asia/Shanghai", "days_off": ["2026-10-01"], "work_days": ["2026-10-10"]}


@pytest.mark.parametrize(
    ("hours", "holiday", "made_up"),
    [(SHOP, False, True), (MARKET, False, False), ({**SHOP, "days_off": "11:00-16:00"}, True, True)],
    ids=["as on Sunday, as on Monday", "a market is closed on both", "hours of their own"],
)
def test_holidays_and_the_saturdays_that_make_up_for_them(
    hours: dict[str, Any], holiday: bool, made_up: bool
) -> None:
    days = table(hours=hours, **HOLIDAY)
    found = [
        days.declared(at(f"{day} 15:00", "Asia/Shanghai")) == ORDINARY for day in ("2026-10-01", "2026-10-10")
    ]
    assert found == [holiday, made_up]


def test_days_of_rest_may_be_other_weekdays() -> None:
    gulf = table(days_off=["fri", "sat", "2026-11-25"], work_days=["2026-11-27"])
    week = [date(2026, 11, 23) + timedelta(days=n) for n in range(7)]
    assert [gulf.is_off(day) for day in week] == [False, False, True, False, False, True, False]
    assert [table().is_off(day) for day in week] == [False] * 5 + [True] * 2


PAUSES = [
    ("every hour, from its first second", {"at": "*:00", "for": "60s"}, "2026-11-27 07:00:00", True),
    ("to its last", {"at": "*:00", "for": "60s"}, "2026-11-27 07:00:59", True),
    ("and no longer", {"at": "*:00", "for": "60s"}, "2026-11-27 07:01:00", False),
    ("over the full hour", {"at": "*:58", "for": "5m"}, "2026-11-27 08:02:59", True),
    ("at night", {"at": "02:30", "for": "15m"}, "2026-11-27 02:44", True),
    ("over midnight", {"at": "23:50", "for": "20m"}, "2026-11-28 00:05", True),
    (
        "of Friday, though it is Saturday by now",
        {"at": "23:50", "for": "20m", "days": "fri"},
        "2026-11-28 00:05",
        True,
    ),
    ("not of Saturday", {"at": "23:50", "for": "20m", "days": "fri"}, "2026-11-28 23:55", False),
    ("on two weekdays", {"at": "02:30", "for": "15m", "days": ["tue", "thu"]}, "2026-11-26 02:30", True),
    ("once", {"from": "2026-11-27T02:00:00+00:00", "for": "2h"}, "2026-11-27 03:59", True),
    ("once and never again", {"from": "2026-11-27T02:00:00+00:00", "for": "2h"}, "2026-11-28 03:00", False),
]


@pytest.mark.parametrize(
    ("pause", "when", "lasts"), [row[1:] for row in PAUSES], ids=[row[0] for row in PAUSES]
)
def test_planned_pauses(pause: dict[str, Any], when: str, lasts: bool) -> None:
    found = table(deploys=[pause]).declared(at(when))
    assert (found.closed, found.by) == ((True, "deploys") if lasts else (False, ""))


def test_a_pause_has_its_length_over_a_change_of_the_clock() -> None:
    zone = "Europe/Berlin"
    nightly = table(deploys=[{"at": "02:30", "for": "30m"}], zone=zone)
    for day, begin in (
        ("2026-03-28", at("2026-03-29 03:30", zone)),
        ("2026-10-24", at("2026-10-25 02:30", zone)),
    ):
        noon = at(f"{day} 12:00", zone)
        paused = [noon + n * 60 for n in range(24 * 60) if nightly.declared(noon + n * 60).closed]
        assert (paused[0], len(paused)) == (begin, 30)


EVENTS = [
    ("a campaign", {"from": "2026-11-11T00:00:00+08:00", "to": "2026-11-12T00:00:00+08:00", "factor": 3.0},
     "2026-11-10 16:00", 3.0),
    ("a payday", {"monthly": [25], "factor": 6.0}, "2026-11-25 12:00", 6.0),
    ("the day after", {"monthly": [25], "factor": 6.0}, "2026-11-26 00:00", None),
    ("the last day of a month", {"monthly": [-1]}, "2026-02-28 12:00", 1.0),
    ("the 31st in a month of thirty days", {"monthly": [31]}, "2026-11-30 12:00", 1.0),
    ("a payday on a Saturday comes before", {"monthly": [28], "moved": "before"}, "2026-11-27 12:00", 1.0),
    ("and not on the Saturday", {"monthly": [28], "moved": "before"}, "2026-11-28 12:00", None),
    ("it comes after, in the next month", {"monthly": [31], "moved": "after"}, "2026-11-02 12:00", 1.0),
    ("hours of a payday", {"monthly": [25], "hours": "09:00-12:00"}, "2026-11-25 12:00", None),
    ("hours over midnight", {"monthly": [25], "hours": "22:00-02:00"}, "2026-11-26 01:59", 1.0),
]  # fmt: skip


@pytest.mark.parametrize(
    ("event", "when", "factor"), [row[1:] for row in EVENTS], ids=[row[0] for row in EVENTS]
)
def test_events(event: dict[str, Any], when: str, factor: float | None) -> None:
    found = table(events=[event]).declared(at(when))
    expected = (
        ORDINARY
        if factor is None
        else DeclaredTime(closed=False, factor=factor, learns=False, by="events", bounded=factor > 1.0)
    )
    assert found == expected


def test_a_payday_keeps_away_from_holidays_and_knows_made_up_workdays() -> None:
    days = {"days_off": ["2026-09-25"], "work_days": ["2026-09-20"], "zone": "Asia/Shanghai"}
    moved = table(events=[{"monthly": [20, 25], "moved": "before"}], **days)
    hit = [
        n for n in range(1, 31) if moved.declared(at(f"2026-09-{n:02} 12:00", "Asia/Shanghai")).by == "events"
    ]
    assert hit == [20, 24]  # Sunday the 20th is worked


def test_closed_goes_before_events_and_factors_are_multiplied() -> None:
    both = {"monthly": [27], "factor": 2.0}, {"monthly": [27], "factor": 3.0}
    shop = table(hours=SHOP, events=both)
    assert shop.declared(at("2026-11-27 10:00")).factor == 6.0
    assert shop.declared(at("2026-11-27 18:00")).closed


def test_the_answer_goes_by_the_time_alone_in_whatever_order_it_is_asked() -> None:
    for pause in ("60s", "90s"):
        days = table(hours=SHOP, deploys=[{"at": "*:58", "for": pause}])
        times = [at("2026-11-27 08:57") + 7.0 * n for n in range(40)]
        forward = [days.declared(one) for one in times]
        assert [days.declared(one) for one in reversed(times)] == forward[::-1]
        assert [
            table(hours=SHOP, deploys=[{"at": "*:58", "for": pause}]).declared(one) for one in times
        ] == forward


def test_until_when_it_is_so() -> None:
    shop = table(hours=SHOP, deploys=[{"at": "12:00", "for": "90s"}], zone="Asia/Shanghai")
    for when, until in (
        ("2026-11-27 10:00", "2026-11-27 12:00"),
        ("2026-11-27 12:00:30", "2026-11-27 12:02"),
        ("2026-11-28 14:00", "2026-11-30 09:00"),
    ):
        assert shop.until(at(when, "Asia/Shanghai")) == at(until, "Asia/Shanghai")
    assert table().until(at("2026-11-27 10:00")) is None
    assert table(hours=ALWAYS).until(at("2026-11-27 10:00")) is None


@pytest.mark.parametrize(
    ("settings", "when"),
    [
        ({"hours": BAR, "zone": "Asia/Kathmandu"}, "2026-11-27 23:59:30"),
        ({"hours": MARKET, "zone": "Asia/Shanghai", "days_off": ["2026-11-30"]}, "2026-11-27 15:00"),
        ({"quiet": ["23:11-04:48"], "zone": "Europe/Berlin"}, "2026-03-28 23:30"),
        ({"quiet": ["02:10-02:50"], "zone": "Europe/Berlin"}, "2026-03-28 12:00"),
        ({"quiet": ["01:40-02:20"], "zone": "Australia/Lord_Howe"}, "2026-10-03 12:00"),
        ({"deploys": [{"at": "*:58", "for": "90s"}]}, "2026-11-27 12:00"),
        ({"deploys": [{"at": "02:20", "for": "31m", "days": "tue"}], "zone": "Europe/Berlin"}, "2026-10-21 12:00"),
        ({"deploys": [{"from": "2026-11-29T07:01:20+05:45", "for": "100s"}]}, "2026-11-27 12:00"),
        ({"events": [{"monthly": [-1], "hours": "07:03-09:00"}], "zone": "Asia/Tokyo"}, "2026-11-27 12:00"),
        ({"events": [{"from": "2026-11-28T00:00:17+08:00", "to": "2026-11-29T00:00:05+08:00"}]}, "2026-11-27 12:00"),
    ],
)  # fmt: skip
def test_the_next_edge_is_the_one_that_trying_every_minute_finds(settings: dict[str, Any], when: str) -> None:
    days = table(**settings)
    moment = at(when, settings.get("zone", "UTC"))
    for _ in range(6):
        minute, now = moment - moment % 60.0, days.declared(moment)
        tried = (minute + 60.0 * n for n in range(1, 7 * 1440))
        found = next((one for one in tried if days.declared(one) != now), None)
        assert days.until(moment) == found
        if found is None:
            return
        moment = found


WRONG = [
    ({"hours": {"mon-fri": "09:00-17:30"}}, 'nothing is said of sat, sun: write hours, or "closed"'),
    ({"hours": {**SHOP, "fri": "closed"}}, "fri: fri has hours already"),
    ({"hours": {"mon-fry": "9-5", "sat": "never"}}, '"mon-fry" is no weekday|sat: write "09:00-17:30"'),
    ({"hours": "09:00-17:30"}, "write a table such as { mon-fri"),
    ({"days_off": ["sunday"]}, 'such as "2026-10-01", or a weekday such as "sun"'),
    ({"deploys": [{"for": "1m"}]}, "write either `at`"),
    ({"deploys": [{"at": "*:00", "for": "2h"}]}, "shorter than one hour"),
    ({"deploys": [{"at": "25:00", "for": "1m"}]}, 'write a time such as "02:30"'),
    ({"events": [{"factor": 2.0}]}, "write either `from` and `to`, or `monthly`"),
    ({"events": [{"monthly": [32]}]}, "1 to 31, or -1"),
    ({"events": [{"from": "2026-11-12T00:00:00+08:00", "to": "2026-11-11T00:00:00+08:00"}]}, "ends before it begins"),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "told"), WRONG, ids=[text[:40] for _, text in WRONG])
def test_what_is_wrong_is_told(wrong: dict[str, Any], told: str) -> None:
    heard = said(wrong)
    assert [part for part in told.split("|") if not re.search(re.escape(part), heard)] == []
