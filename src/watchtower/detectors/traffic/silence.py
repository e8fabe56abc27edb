"""A stretch of polls without a request: its length, its cost, its anomaly score."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan, log, nan

from watchtower.detectors.traffic.spread import anomaly_score_of_nothing
from watchtower.detectors.traffic.tail import ArrivalTail
from watchtower.model import Instant

_STRETCH = 2.0
"""A learnt tail may score a silence this many times lower than bursts alone do, and no more:
silences that are longer still are outages that happen often, not chance."""
_LEAST = 3.0


def limit(trials: float, budget: float) -> float:
    """-ln of the probability that a silence must have so that `trials` a second give `budget` false ones a second."""
    return max(_LEAST, log(trials / budget)) if trials > 0.0 else _LEAST


class Silence:
    """Opened by the first poll without a request; the model stays as it was then."""

    __slots__ = (
        "_share",
        "accepted",
        "anomaly_score",
        "dispersion",
        "expected",
        "missing",
        "onset",
        "raw",
        "seconds",
        "usual",
        "variance",
    )  # fmt: skip

    def __init__(self) -> None:
        self.onset: Instant | None = None
        self._share = 1.0
        self.dispersion = 1.0
        self.variance = 0.0
        self.seconds = 0.0
        self.missing = 0.0
        self.expected = 0.0
        self.usual = 0.0
        """Expected by season alone, in the polls that teach the level."""
        self.raw = 0.0
        self.anomaly_score = 0.0
        self.accepted = False
        """Whether a person has said that it is right."""

    def open(self, onset: Instant, dispersion: float, variance: float, share: float = 1.0) -> None:
        """`share` is the share of the expected requests that came lately."""
        self.onset, self.dispersion, self.variance, self._share = onset, dispersion, variance, share

    @property
    def since(self) -> Instant | None:
        """When it began; None before the first poll in which something is expected."""
        return self.onset if self.seconds > 0.0 else None

    def rest(self, at: Instant) -> None:
        """Nothing was expected until now: its time begins here, and what it scores so far stays."""
        self.onset, self.seconds = at, 0.0

    def extend(self, seconds: float, expected: float, low: float, usual: float, tail: ArrivalTail) -> None:
        """One more poll: its seconds, the requests expected in it, those a silence may count on, and the usual that
        teaches."""
        self.seconds += seconds
        self.missing += expected
        self.expected += low * self._share
        self.usual += usual
        self.raw = anomaly_score_of_nothing(self.expected, self.dispersion, self.variance)
        by_burst = anomaly_score_of_nothing(self.expected, self.dispersion, 0.0)
        self.anomaly_score = max(tail.anomaly_score(self.raw), by_burst / _STRETCH)

    def close(self) -> None:
        self.onset = None
        self.seconds = self.missing = self.expected = self.usual = self.raw = self.anomaly_score = 0.0
        self.accepted = False

    def state(self) -> list[float]:
        return [
            nan if self.onset is None else self.onset, self._share, self.dispersion, self.variance, self.seconds,
            self.missing, self.expected, self.usual, self.raw, self.anomaly_score, self.accepted,
        ]  # fmt: skip

    def restore(self, state: Sequence[float]) -> None:
        (
            onset, self._share, self.dispersion, self.variance, self.seconds,
            self.missing, self.expected, self.usual, self.raw, self.anomaly_score, accepted,
        ) = state  # fmt: skip
        self.onset, self.accepted = None if isnan(onset) else onset, bool(accepted)
