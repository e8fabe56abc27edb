"""What is declared, through the whole detector: nobody is paged at closing, and an opening that is dead shows at once."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.detectors.traffic.flow import DAY, Flow, poisson

EVERY = 60.0
MONDAY = datetime(2026, 3, 2, tzinfo=ZoneInfo("Asia/Shanghai")).timestamp()
SHOP = {"mon-fri": "09:00-17:30", "sat": "10:00-14:00", "sun": "closed"}
Rate = Callable[[int, float], float]
"""Requests per second on this day (0: a Monday) at this hour."""


def fired(days: float, rate: Rate, **settings: Any) -> list[tuple[str, int, float]]:
    """Each verdict when it begins: its name, day and hour."""
    flow, dice = Flow(EVERY, zone="Asia/Shanghai", **settings), random.Random(1)
    flow.at, before, found = MONDAY, dict[str, bool](), list[tuple[str, int, float]]()
    for _ in range(round(days * DAY / EVERY)):
        day, seconds = divmod(flow.at + EVERY / 2.0 - MONDAY, DAY)
        facts = flow.poll(poisson(dice, rate(int(day), seconds / 3600.0) * EVERY))
        for name in ("silent", "low", "surge"):
            now = bool(facts[f"traffic.{name}"])
            if now and not before.get(name):
                found.append((name, int(day), (flow.at - MONDAY) % DAY / 3600.0))
            before[name] = now
    return found


def shop(day: int, hour: float) -> float:
    if day % 7 < 5:
        return 1.0 if 9.0 <= hour < 17.5 else 0.0
    return 1.0 if day % 7 == 5 and 10.0 <= hour < 14.0 else 0.0


def test_a_shop_that_declares_its_hours_pages_nobody_by_closing_and_opening() -> None:
    assert fired(8, shop, hours=SHOP) == []


def test_a_shop_that_does_not_open_is_seen_within_three_polls() -> None:
    ((name, day, hour), *_) = fired(8.6, lambda d, h: 0.0 if d == 8 else shop(d, h), hours=SHOP)
    assert (name, day) == ("silent", 8)
    assert (hour - 9.0) * 3600.0 <= 3 * EVERY


def test_half_a_shop_after_opening_is_too_little() -> None:
    found = fired(8.6, lambda d, h: shop(d, h) * (0.4 if d == 8 else 1.0), hours=SHOP)
    assert [(name, day) for name, day, _ in found][:1] == [("low", 8)]
    assert found[0][2] < 9.25


def test_a_deploy_every_hour_pages_nobody_and_one_that_does_not_come_back_does() -> None:
    deploys = [{"at": "*:00", "for": "2m"}]

    def rate(day: int, hour: float) -> float:
        return 0.0 if hour % 1.0 < 2.0 / 60.0 or (day == 3 and 10.0 <= hour < 10.2) else 2.0

    ((name, day, hour), *more) = fired(4, rate, deploys=deploys)
    assert (name, day, [one for one in more if one[1] != 3]) == ("silent", 3, [])
    assert (hour - 10.0) * 3600.0 <= 120.0 + 3 * EVERY


def test_a_payday_is_no_surge_and_teaches_nothing() -> None:
    payday = [{"monthly": [11], "factor": 6.0}]
    assert fired(13, lambda d, h: 6.0 if d == 9 else 1.0, events=payday) == []


@pytest.mark.parametrize(("begins", "factor", "seen"), [(0.0, 2.0, 4), (10.0, 2.0, 2), (0.0, 1.0, None)])
def test_much_more_than_was_declared_is_a_surge(begins: float, factor: float, seen: int | None) -> None:
    """A wrong discount on payday is none of it. Of a campaign whose size nobody knows, nothing is too much."""
    flow = Flow(EVERY, events=[{"monthly": [24], "factor": factor}]).learn(9.0, 2.0)
    flow.polls([240.0 if factor > 1.0 else 120.0] * round(begins * 60))
    found = [flow.poll(1800.0)["traffic.surge"] for _ in range(30)]
    assert (found.index(True) + 1 <= seen) if seen else not any(found)


def test_a_payday_is_a_busy_hour() -> None:
    flow = Flow(EVERY, events=[{"monthly": [24], "factor": 6.0}]).learn(9.0, 2.0)
    flow.polls([720.0] * 10)
    rate, day = flow.detector.forecast()
    assert rate == pytest.approx(12.0, rel=0.1)
    assert day == pytest.approx(2.0 * DAY, rel=0.1)


def test_a_payday_that_collapses_is_seen() -> None:
    payday = [{"monthly": [11], "factor": 6.0}]
    found = fired(9.6, lambda d, h: 1.0 if d != 9 else 6.0 if h < 10.0 else 0.25, events=payday)
    assert found[0][1:] > (9, 10.0)
    assert found[0][2] <= 10.1
