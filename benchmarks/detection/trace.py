"""Counted requests by ten seconds, and the plain estimate of what was lost, which knows nothing of the detector."""

from __future__ import annotations

import csv
import gzip
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
EVERY = 10.0
DAY = 86400.0
_HOUR = 360
_FROZEN_AFTER = 4
"""Polls without a request after which the hour's average takes no more zeros in."""


@dataclass(frozen=True)
class Trace:
    """`times` are those of the polls (UTC); a poll that is not there was not measured. `offset` is local - UTC, s."""

    times: Floats
    requests: Floats
    offset: float

    @property
    def local(self) -> Floats:
        return self.times + self.offset

    @property
    def first_day(self) -> float:
        return float((self.local[0] + EVERY / 2) // DAY * DAY)

    def days(self, start: int, end: int) -> NDArray[np.bool_]:
        """Polls of these days of the trace, from 0, `end` not included."""
        begin = self.first_day
        return (self.local >= begin + start * DAY) & (self.local < begin + end * DAY)


def read(path: Path, offset: float = -4 * 3600.0) -> Trace:
    """A CSV, gzip or plain, with `time,requests`. Raises OSError, KeyError, ValueError."""
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as text:
        rows = [(float(row["time"]), float(row["requests"])) for row in csv.DictReader(text)]
    times, requests = np.array(rows).T
    return Trace(times, requests, offset)


def plain_estimate(trace: Trace) -> Floats:
    """Requests to be expected in each poll: an average of about an hour, times the time of day."""
    hour = ((trace.local - EVERY / 2) % DAY // 3600).astype(int)
    alive = trace.requests > 0
    shape = np.array([trace.requests[(hour == h) & alive].mean() for h in range(24)])
    shape /= shape.mean()
    usual = shape[hour]
    out = np.empty(len(usual))
    came, expected, kept, empty = 0.0, 1e-9, np.exp(-1.0 / _HOUR), 0
    for n, requests in enumerate(trace.requests):
        out[n] = came / expected * usual[n]
        empty = empty + 1 if requests == 0 else 0
        if empty <= _FROZEN_AFTER:
            came, expected = came * kept + requests, expected * kept + usual[n]
    return out


@dataclass(frozen=True)
class Run:
    """Polls `start` to `end` (not included) in which nothing came, and what they cost by the plain estimate."""

    start: int
    end: int
    lost: float


def silences(trace: Trace, expected: Floats, within: NDArray[np.bool_]) -> list[Run]:
    """Every run of measured zeros that begins within these polls."""
    empty = np.r_[False, trace.requests == 0, False].astype(int)
    starts, ends = np.flatnonzero(np.diff(empty) == 1), np.flatnonzero(np.diff(empty) == -1)
    return [
        Run(int(a), int(b), float(expected[a:b].sum()))
        for a, b in zip(starts, ends, strict=True)
        if within[a]
    ]


def smooth_rate(trace: Trace, days: int = 27) -> Floats:
    """Requests per second, by ten seconds: the trace's two-hour average without its silences, for 28 days."""
    count = int(days * DAY / EVERY)
    requests = trace.requests[:count]
    window = np.ones(721)
    rate = np.convolve(requests, window, "same") / np.convolve((requests > 0) * 1.0, window, "same") / EVERY
    week = int(7 * DAY / EVERY)
    return np.r_[rate, rate[count - week : count - week + int(DAY / EVERY)]]
