"""Since when enough comes: soon after a recovery, and never while it lasts, by requests drawn at random."""

from __future__ import annotations

import math
import random

import pytest

from watchtower.core.impact.share import Share


def drawn(chance: random.Random, mean: float) -> float:
    if mean > 50.0:
        return float(max(0, round(chance.gauss(mean, math.sqrt(mean)))))
    count, product, limit = 0, chance.random(), math.exp(-mean)
    while product > limit:
        count, product = count + 1, product * chance.random()
    return float(count)


def outage(seed: int, per_minute: float, left: float, minutes: int, back: float = 1.0) -> tuple[int, float]:
    """How often it seemed to be over while it lasted; and how many seconds after its end it was seen to be, after which
    moment is said to be its end."""
    chance, share, due = random.Random(seed), Share(), 2.0 * per_minute
    came = due * left
    false, at, mean = 0, 0.0, per_minute / 6.0
    for _ in range(minutes * 6):
        at += 10.0
        good = drawn(chance, mean * left)
        share.add(good, mean, came / due, at, 10.0)
        came, due = came + good, due + mean
        if share.back_since(at) is not None:
            false += 1
            share.doubt()
    ended = at
    while share.back_since(at) is None and at < ended + 7200.0:
        at += 10.0
        good = drawn(chance, mean * back)
        share.add(good, mean, came / due, at, 10.0)
        came, due = came + good, due + mean
    return false, at - ended


@pytest.mark.parametrize(
    ("left", "requests"), [(0.0, 200.0), (0.1, 200.0), (0.5, 200.0), (0.75, 500.0), (0.8, 600.0)]
)
@pytest.mark.parametrize("per_minute", [30.0, 120.0, 900.0])
def test_it_is_back_after_as_many_requests_as_tell_it_from_the_outage(
    left: float, requests: float, per_minute: float
) -> None:
    lives = [outage(seed, per_minute, left, 60) for seed in range(40)]
    took = sorted(seconds for _, seconds in lives)
    assert took[20] <= max(20.0, requests / per_minute * 60.0)
    assert took[-1] <= max(40.0, 2.5 * requests / per_minute * 60.0)
    assert sum(false > 0 for false, _ in lives) <= 3


@pytest.mark.parametrize(("per_minute", "minutes"), [(120.0, 10), (900.0, 3)])
def test_a_milder_phase_of_hours_does_not_hide_the_end(per_minute: float, minutes: int) -> None:
    for seed in range(20):
        chance, share, mean = random.Random(seed), Share(), per_minute / 6.0
        for n in range(1, 1081):
            left = 0.15 if n <= 360 else 0.8
            share.add(drawn(chance, mean * left), mean, 0.5, 10.0 * n, 10.0)
        at = 10_800.0
        while (since := share.back_since(at)) is None:
            at += 10.0
            share.add(drawn(chance, mean), mean, 0.5, at, 10.0)
        assert at <= 10_800.0 + 60.0 * minutes
        assert abs(since - 10_800.0) <= 60.0 * minutes


def test_back_a_little_after_a_silence_is_not_back() -> None:
    assert all(outage(seed, 300.0, 0.0, 20, back=0.6)[1] >= 7200.0 for seed in range(10))


def test_a_flow_of_one_request_a_minute_is_back_after_half_an_hour() -> None:
    assert sorted(outage(seed, 1.0, 0.0, 60)[1] for seed in range(40))[20] <= 2400.0
