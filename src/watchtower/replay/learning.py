"""Teaches a detector from history: its samples go through it in time order, as polls would have."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from watchtower.core.plan.checks import Check
from watchtower.detectors import DETECTORS
from watchtower.errors import UsageError
from watchtower.model import Instant, Outcome, Value
from watchtower.replay.samples import Samples
from watchtower.replay.series import observations
from watchtower.values import Frozen

_OFTEN = 2000
"""Polls from one word of progress to the next."""


class LearntSeries(Frozen):
    """What one series was taught: `polls` that measured, seconds `without_data`, and the detector's state after it."""

    samples: Samples
    begin: Instant
    end: Instant
    polls: int
    without_data: float
    state: Mapping[str, Any]


def teach(
    check: Check,
    samples: Samples,
    span: tuple[Instant, Instant],
    progress: Callable[[int], None] = lambda _: None,
) -> LearntSeries:
    """A new detector of this check after all samples of `span`, both ends included. A poll without a row is unknown.

    Raises UsageError when none of them measured anything.
    """
    detector = DETECTORS[check.detector](check.detect, check.every)
    begin, end = max(span[0], _first(check, samples)), min(span[1], samples.times[-1])
    polls, unknown = 0, 0
    for observation in observations(samples, begin, end):
        detector.update(observation)
        if observation.reading.outcome is Outcome.UNKNOWN:
            unknown += 1
        else:
            polls += 1
        if not (polls + unknown) % _OFTEN:
            progress(polls + unknown)
    if not polls:
        raise UsageError(f"{samples.file}: nothing was measured in the time asked for")
    return LearntSeries(samples, begin, end, polls, unknown * samples.interval, detector.state())


def counts_nothing(check: Check, samples: Samples) -> bool:
    """Whether all of it are zeros: a query that matches no row, more likely than a flow that nobody uses."""
    counted = _counted(check, samples)
    return 0.0 in counted and not any(counted)


def _first(check: Check, samples: Samples) -> Instant:
    """When its history begins. Zeros before the first request are of a time when nothing was counted yet."""
    pairs = zip(samples.times, _counted(check, samples), strict=False)
    return next((at for at, count in pairs if count), samples.times[0])


def _counted(check: Check, samples: Samples) -> Sequence[Value]:
    return samples.cells.get("requests", ()) if check.detector == "traffic" else ()
