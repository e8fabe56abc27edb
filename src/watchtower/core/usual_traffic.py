"""The traffic that a detector expects, poll by poll: what losses are played against."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import floor
from typing import Any

from watchtower.model import Instant, Observation, Outcome, Reading, Value


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


def polled(check: str, series: str, at: Instant, requests: float, every: float) -> Observation:
    """A poll that counted so many requests."""
    return Observation(check, at, Reading(Outcome.UP, {"requests": requests}, series=series, covers=every))


def usual_traffic(twin: Any, at: Instant, drawn: Callable[[float], float] | None = None) -> Iterator[float]:
    """Expected requests of each poll from `at` on; `twin` is fed with them, or with what is `drawn` of each. Ends where
    nothing can be expected.

    Without end otherwise. Whoever wants the detector as it is then has it in `twin`.
    """
    came, rate = drawn or Counted().whole, twin.view(at)["expected_per_second"]
    while isinstance(rate, float):
        at += twin.every
        expected = rate * twin.every
        facts: dict[str, Value] = twin.update(polled("", "", at, came(expected), twin.every))
        yield expected
        rate = facts["traffic.expected"]


def lossy_traffic(
    twin: Any, at: Instant, expected: Sequence[float], share: float
) -> Iterator[tuple[Instant, Mapping[str, Value]]]:
    """From `at` on a share of these expected requests is missing: when each poll is, its requests and its facts."""
    counted = Counted()
    for requests in expected:
        at += twin.every
        came = counted.whole(requests * (1.0 - share))
        yield at, {"requests": came, **twin.update(polled("", "", at, came, twin.every))}
