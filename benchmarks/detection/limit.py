"""Table 1: how much later than an oracle that knows the true rate, at as many false pages as were measured.

The oracle pages when the expected requests of a silence reach a threshold: the smallest that gives no more false
pages on the same arrivals than the detector gave. Outages are tried on a copy of the detector, so that one does
not disturb the next.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.detection.feed import detector, silent, twin
from benchmarks.detection.trace import Floats

_START = 804556800.0
"""1 July 1995, 00:00 UTC-4."""
_LONGEST = 20_000


@dataclass(frozen=True)
class Case:
    """`dispersion` 1 is Poisson. `bursts`: a negative binomial by poll, or batches of geometric size."""

    name: str
    dispersion: float
    scale: float
    false_pages: str
    bursts: str = "negative binomial"


@dataclass(frozen=True)
class Result:
    """Delays are seconds, of the detector and of the oracle, for each outage; `threshold` is the oracle's.
    `budgeted` are those of an oracle whose threshold is set, by theory, for the budget the detector was given."""

    case: Case
    per_minute: float
    false_pages: int
    threshold: float
    delays: Floats
    limits: Floats
    budgeted: Floats

    @property
    def ratios(self) -> Floats:
        return self.delays / self.limits


def arrivals(rate: Floats, case: Case, seed: int) -> tuple[Floats, Floats]:
    """Expected and drawn requests of each poll."""
    rng = np.random.default_rng(seed)
    expected = rate * case.scale * 10.0
    excess = case.dispersion - 1.0
    if excess == 0.0:
        return expected, rng.poisson(expected).astype(float)
    if case.bursts == "batches":
        mean = (case.dispersion + 1.0) / 2.0
        batches = rng.poisson(expected / mean)
        extra = rng.negative_binomial(np.maximum(batches, 1), 1.0 / mean)
        return expected, np.where(batches > 0, batches + extra, 0).astype(float)
    return expected, rng.poisson(rng.gamma(expected / excess) * excess).astype(float)


def measure(rate: Floats, case: Case, outages: int, seed: int, step: Callable[[int], None]) -> Result:
    """28 days; outages at random times in the last 21. `step` is told of every thousand polls."""
    expected, requests = arrivals(rate, case, seed)
    count = len(requests)
    chosen = np.random.default_rng(seed + 1).integers(count // 4, count - _LONGEST, outages)
    times = {int(n) for n in chosen}
    traffic, was, false_pages = detector(false_pages=case.false_pages), False, 0
    delays: dict[int, int] = {}
    for n in range(count):
        if n in times:
            other, polls = twin(traffic), 1
            while not silent(other, _START + (n + polls - 1) * 10.0, 0.0, 10.0) and polls < _LONGEST:
                polls += 1
            delays[n] = polls
        now = silent(traffic, _START + n * 10.0, float(requests[n]), 10.0)
        false_pages += now and not was
        was = now
        if n % 1000 == 0:
            step(1000)
    threshold = _threshold(expected, requests, false_pages)
    before = _run_so_far(expected, requests)
    total = np.r_[0.0, np.cumsum(expected)]
    starts = np.array(sorted(delays))

    def oracle(reaches: float) -> Floats:
        end = np.searchsorted(total, total[starts] + reaches - before[starts], "left")
        return np.maximum(1, end - starts) * 10.0

    budgeted = oracle(_by_theory(requests, case))
    own = np.array([delays[n] for n in starts.tolist()]) * 10.0
    return Result(
        case, float(expected.mean() * 6.0), false_pages, threshold, own, oracle(threshold), budgeted
    )


def _run_so_far(expected: Floats, requests: Floats) -> Floats:
    """Expected requests of the run of zeros that was open before each poll."""
    out = np.zeros(len(requests) + 1)
    for n in range(len(requests)):
        out[n + 1] = out[n] + expected[n] if requests[n] == 0 else 0.0
    return out


def _threshold(expected: Floats, requests: Floats, false_pages: int) -> float:
    """Just above the longest run that may not page."""
    runs = _run_so_far(expected, requests)
    ends = np.flatnonzero((runs[:-1] > 0) & (runs[1:] == 0))
    longest = np.sort(runs[ends])[::-1]
    return float(longest[false_pages]) + 1e-9 if len(longest) > false_pages else 1e-9


def _by_theory(requests: Floats, case: Case) -> float:
    """ln(polls with a request in the budget's time), through how much thinner independent arrivals are."""
    excess = case.dispersion - 1.0
    thinner = 1.0 if excess == 0.0 else np.log(case.dispersion) / excess
    if case.bursts == "batches":
        thinner = 2.0 / (case.dispersion + 1.0)
    budget = detector(false_pages=case.false_pages).settings.false_pages
    return float(np.log((requests > 0).mean() / 10.0 / budget) / thinner)
