"""How turns, hand-overs, days and hours are written, and when the hours of a rotation are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

import pytest

from tests.core.oncall.calendars import BERLIN, SHANGHAI, at, hours, override, rotation, schedule
from watchtower.core.oncall.schedule import current, following, gaps, shifts
from watchtower.core.oncall.turns import (
    date_of,
    handover_of,
    hours_of,
    instant,
    moment_of,
    turn_of,
    wall,
)

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("daily", DAY),
        ("weekly", 7 * DAY),
        ("1h", HOUR),
        ("12h", 12 * HOUR),
        ("2w", 14 * DAY),
        ("90m", 1.5 * HOUR),
    ],
)
def test_how_long_a_turn_is(written: str, wanted: timedelta) -> None:
    assert turn_of(written) == wanted


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("09:00", (None, time(9))), ("Mon 10:00", (0, time(10))), ("Tue 00:30", (1, time(0, 30))),
        ("Sun 23:59", (6, time(23, 59))),
    ],
)  # fmt: skip
def test_when_turns_are_handed_over(written: str, wanted: tuple[int | None, time]) -> None:
    assert handover_of(written) == wanted


@pytest.mark.parametrize(
    ("written", "days", "begin", "end"),
    [
        ("09:00-18:30", {0, 1, 2, 3, 4, 5, 6}, time(9), time(18, 30)),
        ("Mon 09:00-18:00", {0}, time(9), time(18)),
        ("Mon-Fri 09:00-24:00", {0, 1, 2, 3, 4}, time(9), time(0)),
        ("Sat,Sun 22:00-06:00", {5, 6}, time(22), time(6)),
        ("Sat-Mon,Wed 22:00-06:00", {5, 6, 0, 2}, time(22), time(6)),
        ("Tue-Tue 22:00-06:00", {1}, time(22), time(6)),
        ("Tue-Mon 22:00-06:00", {0, 1, 2, 3, 4, 5, 6}, time(22), time(6)),
    ],
)
def test_hours_of_days(written: str, days: set[int], begin: time, end: time) -> None:
    found = hours_of(written)
    assert (found.days, found.begin, found.end) == (days, begin, end)


def test_days_and_moments() -> None:
    assert date_of("2026-01-05") == date(2026, 1, 5)
    assert moment_of("2026-02-16 10:00") == datetime.fromisoformat("2026-02-16T10:00")


@pytest.mark.parametrize(
    ("meaning", "written", "said"),
    [
        (turn_of, "59m", "an hour at least"),
        (turn_of, "fortnightly", "is no rotation"),
        (handover_of, "Monday 10:00", "is no hand-over"),
        (handover_of, "24:00", "is no hand-over"),
        (date_of, "5 January", "is no day"),
        (moment_of, "soon", "is no time"),
        (hours_of, "9-18", "are no hours"),
        (hours_of, "Mo 09:00-18:00", '"Mo" are no days'),
        (hours_of, "Mon-Fr 09:00-18:00", '"Mon-Fr" are no days'),
        (hours_of, "Mo-Fri 09:00-18:00", '"Mo-Fri" are no days'),
        (hours_of, "Mon- 09:00-18:00", '"Mon-" are no days'),
    ],
)
def test_what_is_written_otherwise_is_refused(
    meaning: Callable[[str], object], written: str, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        meaning(written)


def test_an_hour_that_comes_twice_is_the_first_and_one_that_is_skipped_comes_later() -> None:
    twice = datetime.fromisoformat("2026-10-25T02:30")
    assert datetime.fromtimestamp(instant(twice, BERLIN), UTC) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert instant(twice.replace(fold=1), BERLIN) == instant(twice, BERLIN)
    skipped = instant(datetime.fromisoformat("2026-03-29T02:30"), BERLIN)
    assert wall(skipped, BERLIN) == datetime.fromisoformat("2026-03-29T03:30")
    assert wall(skipped, BERLIN).tzinfo is None


@pytest.mark.parametrize(
    ("written", "day", "wanted"),
    [
        (hours("09:00", "18:00"), "2026-01-05", ("2026-01-05 09:00", "2026-01-05 18:00")),
        (hours("22:00", "06:00"), "2026-01-05", ("2026-01-05 22:00", "2026-01-06 06:00")),
        (hours("09:00", "09:00"), "2026-01-05", ("2026-01-05 09:00", "2026-01-06 09:00")),  # all day
        (hours("09:00", "18:00"), "2026-01-04", None),  # a Sunday
    ],
)
def test_the_hours_that_begin_on_a_day(written, day: str, wanted: tuple[str, str] | None) -> None:  # type: ignore[no-untyped-def]
    found = written.on(date.fromisoformat(day), SHANGHAI)
    assert found == (None if wanted is None else tuple(at(moment, SHANGHAI) for moment in wanted))


def test_the_hours_of_several_rows_and_of_the_night_before() -> None:
    both = rotation(
        "li", SHANGHAI, "2026-01-05 00:00", hours=[hours("09:00", "12:00"), hours("22:00", "06:00")]
    )
    moments = {"2026-01-05 08:59": False, "2026-01-05 09:00": True, "2026-01-05 12:00": False,
               "2026-01-05 22:00": True, "2026-01-06 05:59": True, "2026-01-06 06:00": False,
               "2026-01-10 05:00": True, "2026-01-11 05:00": False}  # fmt: skip
    assert {moment: both.covers(at(moment, SHANGHAI)) for moment in moments} == moments
    assert [both.who(at("2026-01-05 08:59", SHANGHAI)), both.who(at("2026-01-05 09:00", SHANGHAI))] == [
        "",
        "li",
    ]


def test_a_shift_begins_in_its_first_second_and_ends_before_its_last() -> None:
    shift = override("li", "2026-01-05 09:00", "2026-01-05 10:00", SHANGHAI)
    assert [shift.covers(shift.begin + second) for second in (-1, 0, 3599, 3600)] == [
        False,
        True,
        True,
        False,
    ]


def test_around_a_change_of_the_clocks_a_turn_is_who_began_it_last() -> None:
    daily = rotation("li wang zhao", BERLIN, "2026-03-28 02:30", DAY)
    # 29 March has no 02:30: the turn of that morning begins an hour later, at what the wall calls 03:30.
    at_310 = instant(datetime.fromisoformat("2026-03-29T03:10"), BERLIN)
    assert [daily.who(at_310 + minutes * 60.0) for minutes in (0, 19, 20)] == ["li", "li", "wang"]
    # 25 October has two: it begins at the first, and the second 02:15 belongs to it.
    first = instant(datetime.fromisoformat("2026-10-25T02:30"), BERLIN)
    before, after = daily.who(first - 1.0), daily.who(first)
    assert before != after
    assert [daily.who(first + minutes * 60.0) for minutes in (29, 45, 59, 61)] == [after] * 4


def test_every_edge_of_a_rotation_is_named() -> None:
    begin, end = at("2026-01-05 12:00", SHANGHAI), at("2026-01-08 12:00", SHANGHAI)
    plain = rotation("li wang", SHANGHAI, "2026-01-05 10:00", DAY)
    assert list(plain.edges(begin, end)) == [at(f"2026-01-0{day} 10:00", SHANGHAI) for day in (6, 7, 8)]
    assert list(plain.edges(begin, at("2026-01-07 10:00", SHANGHAI))) == [at("2026-01-06 10:00", SHANGHAI)]
    narrow = rotation("li", SHANGHAI, "2026-01-05 10:00", hours=[hours("09:00", "12:00")], off="2026-01-08")
    found = {one for one in narrow.edges(begin, end) if begin < one < end}
    wanted = ["06 09:00", "06 12:00", "07 09:00", "07 12:00", "08 00:00", "08 09:00"]
    assert found == {at(f"2026-01-{moment}", SHANGHAI) for moment in wanted}


def test_the_last_day_of_what_is_asked_has_its_edges() -> None:
    off = rotation("li", SHANGHAI, "2026-01-05 10:00", off="2026-01-08")
    found = gaps(schedule(off), at("2026-01-07 12:00", SHANGHAI), at("2026-01-08 12:00", SHANGHAI))
    assert [(one.begin, one.end) for one in found] == [
        (at("2026-01-08 00:00", SHANGHAI), at("2026-01-08 12:00", SHANGHAI))
    ]
    night = rotation("li", SHANGHAI, "2026-01-05 00:00", hours=[hours("22:00", "06:00", frozenset({0}))])
    found = gaps(schedule(night), at("2026-01-06 00:00", SHANGHAI), at("2026-01-06 12:00", SHANGHAI))
    assert [(one.begin, one.end) for one in found] == [
        (at("2026-01-06 06:00", SHANGHAI), at("2026-01-06 12:00", SHANGHAI))
    ]


def test_a_shift_is_told_whole_from_its_first_hour_to_its_last() -> None:
    weekly = schedule(rotation("li wang", SHANGHAI, "2026-01-05 10:00"))
    for moment in ("2026-01-12 10:00", "2026-01-12 11:00", "2026-01-15 10:00", "2026-01-19 09:59"):
        shift = current(weekly, at(moment, SHANGHAI))
        assert (shift.who, shift.begin, shift.end) == (
            "wang", at("2026-01-12 10:00", SHANGHAI), at("2026-01-19 10:00", SHANGHAI),
        )  # fmt: skip
    # Its begin lies on the edge of what is searched first: a day before.
    shift = current(weekly, at("2026-01-13 10:00", SHANGHAI))
    assert (shift.begin, shift.end) == (at("2026-01-12 10:00", SHANGHAI), at("2026-01-19 10:00", SHANGHAI))
    shift = current(weekly, at("2026-01-18 10:00", SHANGHAI))
    assert (shift.begin, shift.end) == (at("2026-01-12 10:00", SHANGHAI), at("2026-01-19 10:00", SHANGHAI))


def test_who_follows_comes_after_a_gap_and_a_year_ahead_is_not_too_far() -> None:
    later = schedule(
        rotation("li", SHANGHAI, "2026-01-05 10:00", off="2026-01-07"),
        overrides=[override("wang", "2026-12-01 00:00", "2026-12-02 00:00", SHANGHAI)],
    )
    found = following(later, at("2026-01-06 10:00", SHANGHAI))
    assert found is not None
    assert (found.who, found.begin, found.why) == ("wang", at("2026-12-01 00:00", SHANGHAI), "override")


def test_shifts_of_one_person_for_other_reasons_stay_apart() -> None:
    twice = schedule(
        rotation("li", SHANGHAI, "2026-01-05 10:00"),
        overrides=[
            override("li", "2026-01-06 00:00", "2026-01-07 00:00", SHANGHAI),
            override("wang", "2026-01-08 00:00", "2026-01-09 00:00", SHANGHAI),
            override("zhao", "2026-01-09 00:00", "2026-01-10 00:00", SHANGHAI),
        ],
    )
    found = shifts(twice, at("2026-01-05 10:00", SHANGHAI), at("2026-01-11 00:00", SHANGHAI))
    assert [f"{one.who} {one.why}" for one in found] == [
        "li rotation", "li override", "li rotation", "wang override", "zhao override", "li rotation",
    ]  # fmt: skip
