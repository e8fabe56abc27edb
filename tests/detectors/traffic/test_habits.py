"""Habits that are learnt: hours, days of rest, gaps, a moved clock. And outages that are not."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from tests.detectors.traffic.flow import DAY, HOUR, Flow, poisson

MINUTE = 60.0
COARSE = 150.0
"""Two polls a bin, where it is about days."""
Rate = Callable[[float, int], float]
"""Requests a minute by the hour of the day and the weekday (0: Monday)."""


def pages(flow: Flow, days: int, rate: Rate) -> list[int]:
    """So many days of exactly this traffic by minutes; how often each day begins to be silent or low."""
    out, was = [0] * days, False
    first = flow.at
    for _ in range(round(days * DAY / flow.every)):
        middle = flow.at + flow.every / 2
        facts = flow.poll(rate(middle % DAY / HOUR, int(middle // DAY + 3) % 7) * flow.every / MINUTE)
        now = bool(facts["traffic.silent"] or facts["traffic.low"])
        out[int((flow.at - first - 1.0) // DAY)] += now and not was
        was = now
    return out


def shop(opens: float, closes: float) -> Rate:
    return lambda hour, weekday: 60.0 if opens <= hour < closes else 0.0


def test_closing_time_is_learnt_from_one_evening_and_a_dead_opening_is_seen_at_once() -> None:
    flow = Flow(MINUTE)
    assert sum(pages(flow, 7, shop(9, 17))) <= 1
    for _ in range(9 * 60):
        assert flow.poll(0)["traffic.silent"] is False
    assert flow.poll(0)["traffic.silent"] is True


def test_hours_that_begin_within_five_minutes_are_learnt_to_the_poll() -> None:
    flow = Flow(MINUTE)
    hours = shop(9 + 17 / 60, 15 + 8 / 60)
    assert sum(pages(flow, 10, hours)) <= 1
    assert pages(flow, 1, shop(9 + 20 / 60, 15 + 8 / 60)) == [1]  # three minutes late


def test_an_earlier_closing_time_pages_three_times() -> None:
    flow = Flow(COARSE)
    pages(flow, 12, shop(7, 22))
    assert sum(pages(flow, 10, shop(7, 21))) <= 3
    assert sum(pages(flow, 3, shop(7, 21))) == 0
    assert sum(pages(flow, 3, shop(7, 22))) == 0  # it moves back: more is no page


def test_an_outage_at_the_same_hour_is_paged_on_the_tenth_day_too() -> None:
    flow = Flow(COARSE)
    pages(flow, 12, shop(0, 24))
    daily = pages(flow, 10, lambda hour, weekday: 0.0 if 20 <= hour < 20.5 else 60.0)
    assert daily == [1] * 10


def test_a_short_gap_at_the_same_minute_is_a_habit_after_three() -> None:
    flow = Flow(MINUTE)
    pages(flow, 8, shop(0, 24))
    deploy: Rate = lambda hour, weekday: 0.0 if 3 <= hour < 3 + 5 / 60 else 60.0  # noqa: E731 - named for its type
    assert pages(flow, 7, deploy) == [1, 1, 1, 0, 0, 0, 0]
    learnt = flow.detector.view(flow.at)["gaps"]
    assert learnt == [{"start_seconds": 3 * HOUR, "seconds": 300.0, "period_seconds": DAY}]
    longer = pages(flow, 1, lambda hour, weekday: 0.0 if 3 <= hour < 3.25 else 60.0)
    assert longer == [1]


@pytest.mark.parametrize("rest", [{6}, {0}, {4, 5}])
def test_a_weekly_day_of_rest_may_be_any(rest: set[int]) -> None:
    flow = Flow(COARSE)
    weekly: Rate = lambda hour, weekday: 0.0 if weekday in rest else 60.0 if 8 <= hour < 20 else 2.0  # noqa: E731
    first = pages(flow, 14, weekly)
    assert sum(first) <= 5
    assert sum(pages(flow, 21, weekly)) == 0


def test_a_new_day_of_rest_pages_twice() -> None:
    flow = Flow(COARSE)
    pages(flow, 21, lambda hour, weekday: 60.0 if 8 <= hour < 20 else 6.0)
    later = pages(flow, 35, lambda hour, weekday: 0.0 if weekday == 0 else 60.0 if 8 <= hour < 20 else 6.0)
    assert sum(later) <= 2


def test_a_clock_that_moves_is_told() -> None:
    flow = Flow(COARSE)
    wave: Rate = lambda hour, weekday: 60.0 if 8 <= hour % 24 < 22 else 3.0  # noqa: E731
    pages(flow, 14, wave)
    assert flow.facts["traffic.clock_moved"] == 0.0
    later = pages(flow, 10, lambda hour, weekday: wave((hour + 1) % 24, weekday))
    assert flow.facts["traffic.clock_moved"] == HOUR
    assert sum(later) <= 2


def ladder(times: float) -> Rate:
    """A day that grows and fades by hours."""
    return lambda hour, weekday: (
        times * {7: 20.0, 22: 24.0, 23: 9.0}.get(int(hour), 60.0 if 8 <= hour < 22 else 6.0)
    )


def by_chance(rate: Rate, dice: random.Random | None) -> Rate:
    return rate if dice is None else lambda hour, weekday: poisson(dice, rate(hour, weekday) * 2.5) / 2.5


@pytest.mark.parametrize(("seed", "most"), [(0, 0), (3, 1), (4, 1)])  # 0: exact counts
def test_traffic_that_doubles_for_good_is_neither_too_little_later_nor_a_moved_clock(
    seed: int, most: int
) -> None:
    flow, dice = Flow(COARSE), random.Random(seed) if seed else None
    pages(flow, 14, by_chance(ladder(1.0), dice))
    assert sum(pages(flow, 21, by_chance(ladder(2.0), dice))) <= most
    assert flow.facts["traffic.clock_moved"] == 0.0
    assert flow.detector.forecast()[1] == pytest.approx(
        2.0 * 60.0 * sum(ladder(1.0)(hour, 0) for hour in range(24)), rel=0.02
    )
    counts = by_chance(ladder(2.0), dice)
    while flow.at % DAY < 12 * HOUR:
        middle = flow.at + flow.every / 2
        flow.poll(counts(middle % DAY / HOUR, int(middle // DAY + 3) % 7) * flow.every / 60.0)
    assert flow.detector.forecast()[0] == pytest.approx(2.0, rel=0.08)


@pytest.mark.parametrize(("days", "times"), [(1, 4.0), (2, 1.5)])
def test_the_end_of_a_campaign_of_whole_days_is_no_loss(days: int, times: float) -> None:
    flow = Flow(COARSE)
    pages(flow, 14, ladder(1.0))
    assert sum(pages(flow, days, ladder(times))) == 0
    assert sum(pages(flow, 7, ladder(1.0))) == 0
    assert pages(flow, 1, ladder(0.6)) == [1]


def test_a_loss_that_begins_as_a_campaign_ends_is_seen() -> None:
    flow = Flow(COARSE)
    pages(flow, 14, ladder(1.0))
    pages(flow, 1, ladder(2.0))
    assert pages(flow, 1, ladder(0.6)) == [1]


def test_half_of_what_has_doubled_for_a_week_is_a_loss() -> None:
    flow = Flow(COARSE)
    pages(flow, 14, ladder(1.0))
    pages(flow, 7, ladder(2.0))
    assert pages(flow, 1, ladder(1.0)) == [1]


def test_what_stays_away_for_weeks_is_one_outage_and_no_moved_clock() -> None:
    flow = Flow(COARSE)
    pages(flow, 14, ladder(1.0))
    assert sum(pages(flow, 14, ladder(0.4))) == 1
    assert flow.facts["traffic.low"]
    pages(flow, 1, ladder(1.0))
    assert not flow.facts["traffic.low"]


@pytest.mark.parametrize("declared", [{}, {"zero_for": "11m"}])
def test_batches_in_a_rhythm_are_no_gaps(declared: dict[str, str]) -> None:
    flow = Flow(MINUTE, **declared)
    batches: Rate = lambda hour, weekday: 200.0 if round(hour * 60 - 0.5) % 5 == 2 else 0.0  # noqa: E731
    assert sum(pages(flow, 3, batches)) <= 1
    assert flow.detector.view(flow.at)["gaps"] == []
    assert flow.silent_after() <= 20 * MINUTE


def test_a_dead_opening_after_a_day_of_rest_begins_with_the_opening() -> None:
    flow = Flow(COARSE)
    weekly: Rate = lambda hour, weekday: 60.0 if weekday != 6 and 9 <= hour < 17 else 0.0  # noqa: E731
    pages(flow, 26, weekly)  # the last is a Sunday
    assert sum(pages(flow, 1, lambda hour, weekday: 0.0)) == 1
    opening = flow.at - DAY + 9 * HOUR
    assert flow.facts["traffic.onset"] == opening


@pytest.mark.parametrize("stragglers", [0.04, 0.4, 2.0])
def test_a_few_stragglers_after_closing_are_no_outage_every_evening(stragglers: float) -> None:
    flow, dice = Flow(MINUTE), random.Random(3)
    rate: Rate = lambda hour, weekday: poisson(dice, 60.0 if 9 <= hour < 17.7 else stragglers)  # noqa: E731
    assert sum(pages(flow, 7, rate)) <= 3
    assert sum(pages(flow, 1, lambda hour, weekday: 0.0 if hour >= 9 else rate(hour, weekday))) >= 1
