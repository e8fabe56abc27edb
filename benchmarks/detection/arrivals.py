"""Requests of a made-up business by poll: a season, drift, bursts, outages; the true rate is known."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from benchmarks.detection.trace import DAY, Floats

MEMORY = 3600.0
"""Seconds after which e^-1 of a drift is left."""
HOUR = 3600.0


class Clock:
    """The polls of so many days: `times` (UTC, when each is taken), and of its middle the second of the local day,
    the weekday (Monday is 0), the number of the day."""

    def __init__(self, days: float, every: float, zone: str, first: str) -> None:
        self.start = datetime.fromisoformat(first).replace(tzinfo=ZoneInfo(zone)).timestamp()
        self.every, self.zone = every, zone
        self.days = int(days)
        self.times: Floats = self.start + every * np.arange(1, round(days * DAY / every) + 1, dtype=float)
        middle = self.times - every / 2.0
        hours, which = np.unique(middle // HOUR, return_inverse=True)
        offsets = [self._offset(hour * HOUR) for hour in hours.tolist()]
        local = middle + np.array(offsets)[which]
        self.second: Floats = local % DAY
        self.weekday: NDArray[np.int64] = ((local // DAY).astype(int) + 3) % 7
        self.day: NDArray[np.int64] = (local // DAY - local[0] // DAY).astype(int)

    def _offset(self, at: float) -> float:
        offset = datetime.fromtimestamp(at, ZoneInfo(self.zone)).utcoffset()
        return offset.total_seconds() if offset else 0.0

    @property
    def hour(self) -> Floats:
        return self.second / HOUR

    def at(self, day: float, hour: float) -> float:
        """The time so many hours after the first midnight and so many days."""
        return self.start + day * DAY + hour * HOUR

    def within(self, begin: float, end: float) -> NDArray[np.bool_]:
        """Polls whose time is in (begin, end]."""
        return (self.times > begin) & (self.times <= end)


@dataclass(frozen=True)
class Outage:
    """Of what is usual `keep` still comes; `decays`: it falls evenly to that until the end."""

    begin: float
    end: float
    keep: float = 0.0
    decays: bool = False

    def factor(self, times: Floats) -> Floats:
        """The share that still comes at these times, all of which lie in it."""
        if not self.decays:
            return np.full(len(times), self.keep)
        return 1.0 - (1.0 - self.keep) * (times - self.begin) / (self.end - self.begin)


@dataclass(frozen=True)
class Traffic:
    """By poll: `times`, the counted `requests`, the true `rate` (requests a poll, without outages), and `drift`, its
    logarithm against the season. `dispersion` is variance / mean, `strays` the drift's standard deviation."""

    times: Floats
    requests: Floats
    rate: Floats
    drift: Floats
    every: float
    outages: list[Outage]
    dispersion: float
    strays: float
    settings: Mapping[str, Any]
    start: float


def source(seed: int, name: str) -> np.random.Generator:
    """A random source for this scenario, whatever others are run."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def wander(count: int, every: float, strays: float, rng: np.random.Generator) -> Floats:
    """An Ornstein-Uhlenbeck process by poll, drawn by minutes."""
    if strays == 0.0:
        return np.zeros(count)
    minutes = int(count * every / 60.0) + 2
    kept = np.exp(-60.0 / MEMORY)
    steps = (rng.normal(size=minutes) * np.sqrt(1.0 - kept**2)).tolist()
    now, walk = float(rng.normal()), np.empty(minutes)
    for n, step in enumerate(steps):
        now = now * kept + step
        walk[n] = now
    grown: Floats = strays * np.interp(np.arange(count) * every / 60.0, np.arange(minutes), walk)
    return grown


def draw(
    clock: Clock, per_minute: Floats, outages: list[Outage], dispersion: float, strays: float,
    settings: Mapping[str, Any], rng: np.random.Generator, absent: NDArray[np.bool_], paused: NDArray[np.bool_],
    batch: float, calls: NDArray[np.bool_],
) -> Traffic:  # fmt: skip
    """Draws the requests, which come so many at a time (`batch`). Dispersion 0: no randomness at all. `absent` polls were
    not taken, in `paused` ones nothing comes, which is no outage. `calls`: polls with one request more, by the clock."""
    drift = wander(len(per_minute), clock.every, strays, rng)
    rate = per_minute * clock.every / 60.0 * np.exp(drift - strays**2 / 2.0)
    rate = rate + calls
    comes = np.where(paused, 0.0, rate)
    for one in outages:
        inside = clock.within(one.begin, one.end)
        comes[inside] *= one.factor(clock.times[inside])
    if dispersion == 0.0:
        requests = np.round(comes).astype(float)
    elif dispersion == batch:
        requests = batch * rng.poisson(np.where(calls, 0.0, comes) / batch) + calls * (comes > 0.0)
    else:
        more = dispersion - 1.0
        requests = rng.poisson(rng.gamma(np.maximum(comes, 1e-12) / more) * more).astype(float)
    there = ~absent
    return Traffic(
        clock.times[there], requests[there], rate[there], drift[there], clock.every, outages, dispersion, strays,
        settings, clock.start,
    )  # fmt: skip
