"""The detector's expectation and its reasons to page, for people."""

from __future__ import annotations

from collections.abc import Iterator
from math import log
from typing import Any

from watchtower.detectors.traffic.calendar import Calendar
from watchtower.detectors.traffic.habits import Habits
from watchtower.detectors.traffic.model import FlowModel
from watchtower.detectors.traffic.silence import Silence
from watchtower.detectors.traffic.tail import ArrivalTail
from watchtower.model import Instant

WEEK = 7 * 86400.0
STEP = 1800.0
"""Seconds between the points of a week's curve."""
_FINE = 720
"""Polls that are played one by one; later ones may cover a fiftieth of what has passed."""


def describe(model: FlowModel, variance: float, rate: float, budget: float, limit: float) -> dict[str, Any]:
    """Why a silence would page where `rate` requests per second are expected. `anomaly score` is -log10 of a probability.

    `why` adds one reason to wait after the other: the requests that must be missing, and the seconds that takes.
    """
    dispersion = model.burst.dispersion if model.known else 1.0
    variance = variance if model.known else 0.0
    steps = (
        ("chance", 1.0, 0.0, ArrivalTail()),
        ("bursts", dispersion, 0.0, ArrivalTail()),
        ("drift", dispersion, variance, ArrivalTail()),
        ("past_silences", dispersion, variance, model.tail),
    )
    needs = [(name, _needed(limit, bursts, doubt, tail)) for name, bursts, doubt, tail in steps]
    return {
        "dispersion": dispersion,
        "drift": variance**0.5,
        "past_silences": list(model.tail.hazards),
        "false_pages_per_day": budget * 86400.0,
        "pages_at_anomaly_score": limit / log(10.0),
        "why": [
            {"reason": name, "requests": requests, "seconds": requests / rate if rate > 0.0 else None}
            for name, requests in needs
        ],
    }


def curve(habits: Habits, calendar: Calendar, at: Instant) -> dict[str, Any]:
    """The usual requests per second of each half hour of this week, from Monday; None where it was never seen."""
    start = calendar.week(at)
    usual: list[float | None] = []
    for n in range(round(WEEK / STEP)):
        moment = start + n * STEP
        known, declared = habits.foresee(moment, STEP), calendar.declared(moment + STEP / 2.0)
        known = 0.0 if declared.closed else known  # what is declared closed is never learnt
        usual.append(None if known is None else float(f"{known * declared.factor:.5g}"))
    return {"starts_at": start, "step_seconds": STEP, "usual_per_second": usual}


def moments(at: Instant, every: float) -> Iterator[tuple[Instant, float]]:
    """Polls of a week to come: when each is taken, and the seconds it covers."""
    passed, count = 0.0, 0
    while passed < WEEK or count < _FINE // 10:
        covers = every if count < _FINE else max(every, min(passed / 50.0, STEP))
        passed, count = passed + covers, count + 1
        yield at + passed, covers


def _needed(limit: float, dispersion: float, variance: float, tail: ArrivalTail) -> float:
    """Expected requests that must be missing until the anomaly score reaches `limit`."""

    def enough(expected: float) -> bool:
        silence = Silence()
        silence.open(0.0, dispersion, variance)
        silence.extend(0.0, expected, expected, 0.0, tail)
        return silence.anomaly_score >= limit

    low, high = 0.0, limit
    while not enough(high) and high < 1e9:
        low, high = high, 2.0 * high
    for _ in range(30):
        middle = (low + high) / 2.0
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
