"""Who is on call, against calendars that were reckoned by hand."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.oncall.calendars import (
    BERLIN,
    NEW_YORK,
    SHANGHAI,
    at,
    hours,
    lines,
    override,
    rotation,
    schedule,
)
from watchtower.core.oncall.schedule import Schedule, current, following, gaps, on_call, shifts

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def test_a_weekly_hand_over_stays_at_ten_on_the_wall_when_summer_time_ends() -> None:
    # In Berlin, the clocks go back on Sunday 25 October 2026 at 03:00: that week has 169 hours.
    weekly = schedule(rotation("li wang", BERLIN, "2026-10-12 10:00"))
    found = shifts(weekly, at("2026-10-12 10:00", BERLIN), at("2026-11-09 10:00", BERLIN))
    assert lines(found, BERLIN) == [
        "Mon 10-12 10:00+0200 - Mon 10-19 10:00+0200 li",
        "Mon 10-19 10:00+0200 - Mon 10-26 10:00+0100 wang",
        "Mon 10-26 10:00+0100 - Mon 11-02 10:00+0100 li",
        "Mon 11-02 10:00+0100 - Mon 11-09 10:00+0100 wang",
    ]
    assert [(s.end - s.begin) / 3600 for s in found] == [168, 169, 168, 168]


def test_and_when_it_begins_in_new_york_the_week_is_an_hour_short() -> None:
    # In New York, the clocks go forward on Sunday 8 March 2026 at 02:00.
    weekly = schedule(rotation("li wang", NEW_YORK, "2026-03-02 09:00"))
    found = shifts(weekly, at("2026-03-02 09:00", NEW_YORK), at("2026-03-16 09:00", NEW_YORK))
    assert lines(found, NEW_YORK) == [
        "Mon 03-02 09:00-0500 - Mon 03-09 09:00-0400 li",
        "Mon 03-09 09:00-0400 - Mon 03-16 09:00-0400 wang",
    ]
    assert [(s.end - s.begin) / 3600 for s in found] == [167, 168]


def test_a_hand_over_in_the_hour_that_is_skipped_happens_an_hour_later_on_the_wall() -> None:
    # Berlin, 29 March 2026: there is no 02:30.
    daily = schedule(rotation("li wang zhao", BERLIN, "2026-03-28 02:30", DAY))
    found = shifts(daily, at("2026-03-28 02:30", BERLIN), at("2026-03-31 02:30", BERLIN))
    assert lines(found, BERLIN) == [
        "Sat 03-28 02:30+0100 - Sun 03-29 03:30+0200 li",
        "Sun 03-29 03:30+0200 - Mon 03-30 02:30+0200 wang",
        "Mon 03-30 02:30+0200 - Tue 03-31 02:30+0200 zhao",
    ]


def test_a_hand_over_in_the_hour_that_comes_twice_happens_the_first_time_and_once() -> None:
    # Berlin, 25 October 2026: 02:30 comes twice.
    daily = schedule(rotation("li wang zhao", BERLIN, "2026-10-24 02:30", DAY))
    found = shifts(daily, at("2026-10-24 02:30", BERLIN), at("2026-10-27 02:30", BERLIN))
    assert lines(found, BERLIN) == [
        "Sat 10-24 02:30+0200 - Sun 10-25 02:30+0200 li",
        "Sun 10-25 02:30+0200 - Mon 10-26 02:30+0100 wang",
        "Mon 10-26 02:30+0100 - Tue 10-27 02:30+0100 zhao",
    ]
    assert [(s.end - s.begin) / 3600 for s in found] == [24, 25, 24]


def test_shanghai_has_no_summer_time_and_new_years_eve_is_a_day_like_others() -> None:
    daily = schedule(rotation("li wang zhao", SHANGHAI, "2026-12-30 09:00", DAY))
    found = shifts(daily, at("2026-12-30 09:00", SHANGHAI), at("2027-01-02 09:00", SHANGHAI))
    assert lines(found, SHANGHAI) == [
        "Wed 12-30 09:00+0800 - Thu 12-31 09:00+0800 li",
        "Thu 12-31 09:00+0800 - Fri 01-01 09:00+0800 wang",
        "Fri 01-01 09:00+0800 - Sat 01-02 09:00+0800 zhao",
    ]


def test_turns_before_the_start_are_reckoned_backwards() -> None:
    weekly = schedule(rotation("li wang zhao", SHANGHAI, "2026-01-05 10:00"))
    assert on_call(weekly, at("2026-01-05 09:59", SHANGHAI)) == "zhao"
    assert on_call(weekly, at("2026-01-05 10:00", SHANGHAI)) == "li"
    assert on_call(weekly, at("2025-12-23 12:00", SHANGHAI)) == "wang"


def test_twelve_hour_turns_hand_over_at_nine_in_the_morning_and_in_the_evening() -> None:
    turns = schedule(rotation("day night", SHANGHAI, "2026-06-01 09:00", 12 * HOUR))
    found = shifts(turns, at("2026-06-01 09:00", SHANGHAI), at("2026-06-02 21:00", SHANGHAI))
    assert lines(found, SHANGHAI) == [
        "Mon 06-01 09:00+0800 - Mon 06-01 21:00+0800 day",
        "Mon 06-01 21:00+0800 - Tue 06-02 09:00+0800 night",
        "Tue 06-02 09:00+0800 - Tue 06-02 21:00+0800 day",
    ]


def test_an_override_stands_in_for_its_time_only_and_the_last_written_wins() -> None:
    weekly = schedule(
        rotation("li wang", BERLIN, "2026-10-19 10:00"),
        overrides=[
            override("zhao", "2026-10-24 18:00", "2026-10-25 12:00", BERLIN),
            override("chen", "2026-10-25 08:00", "2026-10-25 10:00", BERLIN),
        ],
    )
    found = shifts(weekly, at("2026-10-19 10:00", BERLIN), at("2026-10-27 10:00", BERLIN))
    assert lines(found, BERLIN) == [
        "Mon 10-19 10:00+0200 - Sat 10-24 18:00+0200 li",
        "Sat 10-24 18:00+0200 - Sun 10-25 08:00+0100 zhao",
        "Sun 10-25 08:00+0100 - Sun 10-25 10:00+0100 chen",
        "Sun 10-25 10:00+0100 - Sun 10-25 12:00+0100 zhao",
        "Sun 10-25 12:00+0100 - Mon 10-26 10:00+0100 li",
        "Mon 10-26 10:00+0100 - Tue 10-27 10:00+0100 wang",
    ]
    assert found[1].why == "override"


def test_follow_the_sun_across_three_zones_of_which_one_changes_its_clocks_first() -> None:
    # Shanghai 09-17, then Berlin 10-18 (09:00 UTC in winter, 08:00 in summer), then New York 12-21.
    sun = schedule(
        rotation("li wang", SHANGHAI, "2026-03-02 09:00", hours=[hours("09:00", "17:00")]),
        rotation("anna", BERLIN, "2026-03-02 10:00", hours=[hours("10:00", "18:00")]),
        rotation("bob", NEW_YORK, "2026-03-02 12:00", hours=[hours("12:00", "21:00")]),
    )
    found = shifts(sun, at("2026-03-05 00:00", NEW_YORK), at("2026-03-06 00:00", NEW_YORK))
    assert lines(found, NEW_YORK) == [
        "Thu 03-05 00:00-0500 - Thu 03-05 04:00-0500 li",
        "Thu 03-05 04:00-0500 - Thu 03-05 12:00-0500 anna",
        "Thu 03-05 12:00-0500 - Thu 03-05 20:00-0500 bob",
        "Thu 03-05 20:00-0500 - Fri 03-06 00:00-0500 li",
    ]
    # From 8 March on New York is in summer time and Berlin is not yet: bob begins before anna ends.
    assert on_call(sun, at("2026-03-10 12:30", NEW_YORK)) == "anna"
    assert on_call(sun, at("2026-03-10 13:00", NEW_YORK)) == "bob"


def test_hours_may_pass_midnight_and_belong_to_the_day_on_which_they_begin() -> None:
    nights = schedule(
        rotation("li", SHANGHAI, "2026-06-01 00:00", hours=[hours("22:00", "06:00", frozenset({4}))])
    )
    assert lines(
        shifts(nights, at("2026-06-05 12:00", SHANGHAI), at("2026-06-06 12:00", SHANGHAI)), SHANGHAI
    ) == [
        "Fri 06-05 12:00+0800 - Fri 06-05 22:00+0800 (nobody)",
        "Fri 06-05 22:00+0800 - Sat 06-06 06:00+0800 li",
        "Sat 06-06 06:00+0800 - Sat 06-06 12:00+0800 (nobody)",
    ]


def test_on_a_day_off_the_next_rotation_stands_in() -> None:
    # National Day: 1 October is a Thursday in 2026.
    workday = rotation("li", SHANGHAI, "2026-09-28 09:00", off="2026-10-01")
    others = rotation("duty", SHANGHAI, "2026-09-28 09:00")
    found = shifts(
        schedule(workday, others), at("2026-09-30 12:00", SHANGHAI), at("2026-10-02 12:00", SHANGHAI)
    )
    assert lines(found, SHANGHAI) == [
        "Wed 09-30 12:00+0800 - Thu 10-01 00:00+0800 li",
        "Thu 10-01 00:00+0800 - Fri 10-02 00:00+0800 duty",
        "Fri 10-02 00:00+0800 - Fri 10-02 12:00+0800 li",
    ]
    alone = schedule(workday)
    assert lines(
        gaps(alone, at("2026-09-30 12:00", SHANGHAI), at("2026-10-02 12:00", SHANGHAI)), SHANGHAI
    ) == ["Thu 10-01 00:00+0800 - Fri 10-02 00:00+0800 (nobody)"]


def test_a_calendar_goes_before_rotations_and_after_overrides() -> None:
    weekly = schedule(
        rotation("li", SHANGHAI, "2026-01-05 10:00"),
        overrides=[override("zhao", "2026-01-06 12:00", "2026-01-06 13:00", SHANGHAI)],
        calendar=[override("wang", "2026-01-06 00:00", "2026-01-07 00:00", SHANGHAI)],
    )
    assert [on_call(weekly, at(f"2026-01-06 {hour}:30", SHANGHAI)) for hour in (11, 12, 13)] == [
        "wang", "zhao", "wang",
    ]  # fmt: skip
    assert on_call(weekly, at("2026-01-07 00:00", SHANGHAI)) == "li"


def test_who_is_on_now_until_when_and_who_is_next() -> None:
    weekly = schedule(rotation("li wang", BERLIN, "2026-10-12 10:00"))
    now = at("2026-10-25 12:00", BERLIN)
    assert lines([current(weekly, now)], BERLIN) == ["Mon 10-19 10:00+0200 - Mon 10-26 10:00+0100 wang"]
    following_ = following(weekly, now)
    assert following_ is not None
    assert lines([following_], BERLIN)[0].startswith("Mon 10-26 10:00+0100")
    assert following_.who == "li"


def test_a_schedule_of_one_has_nobody_next() -> None:
    assert (
        following(schedule(rotation("li", BERLIN, "2026-10-12 10:00")), at("2026-10-25 12:00", BERLIN))
        is None
    )


def test_a_schedule_without_rotations_is_a_gap_and_not_an_error() -> None:
    assert on_call(Schedule(name="empty"), 0.0) == ""
    assert current(Schedule(name="empty"), 0.0).who == ""


ZONES = st.sampled_from([BERLIN, NEW_YORK, SHANGHAI])


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    ZONES,
    st.sampled_from([HOUR, 5 * HOUR, 8 * HOUR, DAY, 7 * DAY]),
    st.integers(0, 400 * 24 * 4),
    st.sampled_from(["2026-03-01 02:30", "2026-01-05 10:00", "2026-10-25 00:15"]),
)
def test_at_every_moment_exactly_one_person_has_the_turn(zone, every, quarter, start) -> None:  # type: ignore[no-untyped-def]
    turns = schedule(rotation("a b c", zone, start, every))
    now = at("2026-01-01 00:00", zone) + quarter * 900.0
    found = shifts(turns, now - 86400.0, now + 86400.0)
    assert all(one.end == two.begin for one, two in pairwise(found))
    assert all(one.end > one.begin for one in found)
    assert next(s.who for s in found if s.begin <= now < s.end) == on_call(turns, now)
    names = [s.who for s in found]
    expected = {("a", "b"), ("b", "c"), ("c", "a")}
    if every > HOUR:  # a turn of one hour can fall into the hour that is skipped
        assert set(pairwise(names)) <= expected


@pytest.mark.parametrize("zone", [BERLIN, NEW_YORK, SHANGHAI], ids=["berlin", "new-york", "shanghai"])
def test_a_year_of_weeks_is_fifty_two_hand_overs_all_on_monday_at_ten(zone) -> None:  # type: ignore[no-untyped-def]
    weekly = schedule(rotation("a b c", zone, "2026-01-05 10:00"))
    found = shifts(weekly, at("2026-01-05 10:00", zone), at("2027-01-04 10:00", zone))
    assert len(found) == 52
    assert {line[:3] + line[9:15] for line in lines(found, zone)} == {"Mon 10:00"}
