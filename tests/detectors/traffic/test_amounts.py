"""Money judged as traffic: counted in usual payments, as docs/detectors/traffic.md says."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import pytest

from tests.detectors.traffic.flow import DAY, START, Flow, poisson

USUAL, SPREAD = 180.0, 0.8
"""What one pays, and the standard deviation of its logarithm: one in twenty pays four times as much."""


def fired(
    names: tuple[str, ...], per_second: float, days: float, share: Callable[[float], float]
) -> list[float]:
    """When the first of each row of verdicts came, in days since the start."""
    flow, dice, found, before = Flow(60.0), random.Random(4), list[float](), False
    for _ in range(round(days * 1440)):
        at = flow.at - START
        rate = per_second * (1.0 + 0.6 * math.sin(2 * math.pi * at / DAY)) * share(at / DAY)
        paid = sum(
            dice.lognormvariate(math.log(USUAL) - SPREAD * SPREAD / 2, SPREAD)
            for _ in range(int(poisson(dice, rate * 60.0)))
        )
        facts = flow.poll(paid / USUAL)
        now = any(facts[name] for name in names)
        if now and not before:
            found.append(at / DAY)
        before = now
    return found


LOSS = ("traffic.silent", "traffic.low")


@pytest.mark.parametrize("per_second", [0.05, 0.5])
def test_chance_loses_no_money(per_second: float) -> None:
    assert fired(LOSS, per_second, 8.0, lambda _: 1.0) == []


@pytest.mark.parametrize(("left", "minutes"), [(0.0, 3.0), (0.5, 10.0)])
def test_money_that_is_missing_shows_within_minutes(left: float, minutes: float) -> None:
    (first, *_) = fired(LOSS, 0.5, 8.45, lambda day: left if day > 8.4 else 1.0)
    assert 8.4 <= first <= 8.4 + minutes / 1440
