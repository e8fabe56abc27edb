"""The traffic that a detector expects, poll by poll: what losses are played against."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from math import cos, exp, floor, log, pi, sqrt
from typing import Any

from watchtower.model import Instant, Observation, Outcome, Reading, Value

_QUARTER, _HOUR, _DAY = 900.0, 3600.0, 86400.0
_FINE = 10.0
"""Seconds between polls by which a week is taught at the finest."""


def twin_of(detector: Any) -> Any:
    """A copy of a detector: what is played on it has no effect on the detector."""
    twin = type(detector)(detector.settings, detector.every)
    twin.restore(detector.state())
    return twin


class Counted:
    """Makes whole requests of a rate: what is left over comes later."""

    __slots__ = ("_left",)

    def __init__(self) -> None:
        self._left = 0.5

    def whole(self, requests: float) -> float:
        self._left += requests
        came = floor(self._left)
        self._left -= came
        return float(came)


class Drawn:
    """Requests as they would come: with this variance / mean around what is expected, the same ones in every run, and other
    ones for each `nth` time."""

    __slots__ = ("_dispersion", "_state")

    def __init__(self, dispersion: float, nth: int = 0) -> None:
        self._dispersion, self._state = max(1.0, dispersion), (1 + nth * 2654435761) % 2**32

    def requests(self, expected: float) -> float:
        """Near enough to a negative binomial: groups of the dispersion's size, as many as Poisson gives."""
        mean = expected / self._dispersion
        if mean > 30.0:
            normal = sqrt(-2.0 * log(self._next())) * cos(2.0 * pi * self._next())
            groups = max(0.0, round(mean + sqrt(mean) * normal))
        else:
            groups, left, least = 0.0, self._next(), exp(-mean)
            while left > least:
                groups, left = groups + 1.0, left * self._next()
        return float(round(groups * self._dispersion))

    def _next(self) -> float:
        """Between 0 and 1: a linear congruential generator, as of Numerical Recipes. No secret hangs on it."""
        self._state = (1664525 * self._state + 1013904223) % 2**32
        return (self._state + 0.5) / 2**32


def polled(at: Instant, requests: float, every: float, check: str = "") -> Observation:
    """A poll that counted so many requests."""
    return Observation(check, at, Reading(Outcome.UP, {"requests": requests}, covers=every))


def usual_traffic(twin: Any, at: Instant, drawn: Callable[[float], float] | None = None) -> Iterator[float]:
    """Expected requests of each poll from `at` on; `twin` is fed with them, or with what is `drawn` of each. Ends where
    nothing can be expected.

    Without end otherwise. Whoever wants the detector as it is then has it in `twin`.
    """
    came, rate, asked = drawn or Counted().whole, twin.expects(at), -1.0
    while isinstance(rate, float):
        at += twin.every
        expected = rate * twin.every
        facts: dict[str, Value] = twin.update(polled(at, came(expected), twin.every))
        yield expected
        rate = facts["traffic.expected"]
        quarter = at // _QUARTER
        if quarter != asked:
            # It is of the poll that was. What the next one after an opening or a closing brings has to be asked, which takes
            # as long as a dozen polls.
            rate = twin.expects(at + twin.every / 2.0)
            # Where it opens in this quarter, each poll is asked for.
            asked = -1.0 if not rate and twin.expects((quarter + 1.0) * _QUARTER) else quarter


def lossy_traffic(
    twin: Any, at: Instant, expected: Sequence[float], share: float
) -> Iterator[tuple[Instant, Mapping[str, Value]]]:
    """From `at` on a share of these expected requests is missing: when each poll is, its requests and its facts."""
    counted = Counted()
    for requests in expected:
        at += twin.every
        came = counted.whole(requests * (1.0 - share))
        yield at, {"requests": came, **twin.update(polled(at, came, twin.every))}


def seen_from(detector: Any, at: Instant, share: float) -> Instant | None:
    """When the detector would first call an hour of this loss low or silent, if usual traffic came from now on: the same
    hour of one of the next seven days, `at` itself where it does so already; None: of none of them.

    It takes a second or two: call it beside what must not wait.
    """
    every = max(detector.every, _FINE)
    drawn, hour = Drawn(float(detector.view(at).get("dispersion", 1.0))), round(_HOUR / detector.every)
    learner = type(detector)(detector.settings, every)
    learner.restore(detector.state())
    for day in range(8):
        then, twin = at + day * _DAY, twin_of(detector)
        twin.restore(learner.state())
        expected = list(islice(usual_traffic(twin_of(twin), then), hour))
        for _, facts in lossy_traffic(twin, then, expected, share):
            if facts["traffic.low"] or facts["traffic.silent"]:
                return then
        for _ in islice(usual_traffic(learner, then, drawn.requests), round(_DAY / every)):
            pass
    return None
