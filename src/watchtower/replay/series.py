"""Converts samples into the engine's observations: one for each row, and *unknown* for each poll without a
row."""

from __future__ import annotations

import heapq
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence

from watchtower.core.plan import Plan
from watchtower.core.plan.checks import Check
from watchtower.core.state import Series
from watchtower.model import Instant, Observation, Outcome, Reading, Value
from watchtower.replay.samples import Samples
from watchtower.values import replace

_MISSED = 1.5
"""Intervals since the row before, after which the next one counts as missing."""


def observations(samples: Samples, start: Instant, end: Instant) -> Iterator[Observation]:
    """All polls from `start` to `end`, both included; where rows are missing, one `unknown` an interval."""
    times, interval = samples.times, samples.interval
    first, last = bisect_left(times, start), bisect_right(times, end)
    expected, late = start, (_MISSED - 1.0) * interval
    for index in range(first, last):
        at = times[index]
        while at - expected > late:
            yield _absent(samples, expected)
            expected += interval
        yield Observation(samples.check, at, _reading(samples, index))
        expected = at + interval
    while end - expected > late:
        yield _absent(samples, expected)
        expected += interval


def merged(all_samples: Sequence[Samples], start: Instant, end: Instant) -> Iterator[Observation]:
    """The polls of all series in time order; at the same time, in the order of the files."""

    def keyed(order: int, samples: Samples) -> Iterator[tuple[Instant, int, Observation]]:
        for observation in observations(samples, start, end):
            yield observation.at, order, observation

    for _, _, observation in heapq.merge(*(keyed(n, s) for n, s in enumerate(all_samples))):
        yield observation


def _absent(samples: Samples, at: Instant) -> Observation:
    reading = Reading(Outcome.UNKNOWN, {}, "absent", "no row in the samples", samples.series)
    return Observation(samples.check, at, reading)


def _reading(samples: Samples, index: int) -> Reading:
    measured: dict[str, Value] = {}
    for name, column in samples.cells.items():
        value = column[index]
        if value is not None:
            measured[name] = value
    outcome, reason, detail = Outcome.UP, "", ""
    special = samples.special
    said = special["outcome"][index] if "outcome" in special else None
    if said is not None:
        outcome = Outcome(str(said))
        reason = str(special["reason"][index]) if "reason" in special else "" if said == "up" else "recorded"
    elif (samples.main and samples.main not in measured) or not measured:
        outcome, reason, detail = Outcome.UNKNOWN, "absent", "an empty cell in the samples"
    return Reading(outcome, measured, reason, detail, samples.series, samples.interval)


def narrowed(plan: Plan, all_samples: Sequence[Samples]) -> Plan:
    """The plan with the checks and series that have samples, polled as often as these were taken."""
    return narrowed_to(plan, {(s.check, s.series): s.interval for s in all_samples})


def narrowed_to(plan: Plan, intervals: Mapping[Series, float]) -> Plan:
    """The plan with only these checks and series, polled at these intervals (seconds). Checks without
    observations would only be reported as having no data."""
    checks: dict[str, Check] = {}
    for name, check in plan.checks.items():
        mine = {series: interval for (one, series), interval in intervals.items() if one == name}
        if mine:
            flows = {series: check.flow_of(series) for series in mine}
            checks[name] = check.model_copy(update={"every": max(mine.values()), "flows": flows})
    return replace(plan, checks=checks)
