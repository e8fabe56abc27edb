"""Flows to look at: Poisson requests polled every ten seconds, and the demo's recorded hurricane."""

from __future__ import annotations

import csv
import gzip
import math
import random
from collections.abc import Callable, Iterator
from pathlib import Path

from watchtower.detectors.traffic import Traffic
from watchtower.model import Observation, Outcome, Reading

EVERY = 10.0
DAY = 86400.0
START = 1_700_438_400.0
"""Monday, 20 November 2023, 00:00 UTC."""
TRACE = Path(__file__).parents[2] / "src" / "watchtower" / "demo" / "erin-1995.csv.gz"


def traffic(false_pages: str = "1 per 90d", zone: str = "UTC") -> Traffic:
    """A detector with this budget."""
    return Traffic(Traffic.Settings.model_validate({"false_pages": false_pages, "zone": zone}), EVERY)


def poll(detector: Traffic, at: float, requests: float) -> dict[str, object]:
    """Its facts after this poll."""
    reading = Reading(Outcome.UP, {"requests": requests}, covers=EVERY)
    return dict(detector.update(Observation("flow", at, reading)))


def learnt(per_second: Callable[[float], float], days: float, seed: int = 1) -> Traffic:
    """A detector that has seen so many days of this rate, which is asked with seconds since midnight."""
    dice, detector = random.Random(seed), traffic()
    for n in range(1, round(days * DAY / EVERY) + 1):
        poll(detector, START + n * EVERY, float(poisson(dice, per_second(n * EVERY % DAY) * EVERY)))
    return detector


def with_budget(detector: Traffic, false_pages: str) -> Traffic:
    """The same knowledge, judged with another budget."""
    other = traffic(false_pages)
    other.restore(detector.state())
    return other


def poisson(dice: random.Random, mean: float) -> int:
    """One draw; the normal law where the mean is large."""
    if mean > 50.0:
        return max(0, round(dice.gauss(mean, math.sqrt(mean))))
    left, count = math.exp(-mean), 0
    product = dice.random()
    while product > left:
        count, product = count + 1, product * dice.random()
    return count


def shop(second: float) -> float:
    """Requests per second of a shop: 60 a minute in the afternoon, two in the small hours."""
    hour = second / 3600.0
    day = math.sin(math.pi * (hour - 5.0) / 18.0) if 5.0 <= hour <= 23.0 else 0.0
    return (2.0 + 58.0 * math.pow(day, 1.5)) / 60.0


def hurricane() -> Iterator[tuple[float, float]]:
    """Time and requests of each poll of the demo."""
    with gzip.open(TRACE, "rt") as text:
        for row in csv.DictReader(text):
            yield float(row["time"]), float(row["requests"])
