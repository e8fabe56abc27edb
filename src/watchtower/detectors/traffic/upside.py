"""More than usual that is no news: what an outage held back, and a campaign whose factor nobody knew."""

from __future__ import annotations

from collections.abc import Sequence

from watchtower.model import Instant

_LEAST, _MOST = 600.0, 7200.0
"""Seconds for which a backlog may come, at least and at most; between them as long as the outage lasted."""
_PRIOR = 10.0
"""Requests' worth of belief in a declared factor."""
_HALF = 2700.0


class Upside:
    """`backlog`: whether what comes now beyond the usual was held back by the last outage. `scale`: what came of what was
    declared."""

    __slots__ = ("_came", "_expected", "_left", "_until", "backlog")

    def __init__(self) -> None:
        self._left = self._until = 0.0
        self._came = self._expected = _PRIOR
        self.backlog = False

    @property
    def scale(self) -> float:
        return self._came / self._expected

    def declare(self) -> None:
        """Something else is declared from now on."""
        self._came = self._expected = _PRIOR

    def learn(self, requests: float, expected: float, covers: float) -> None:
        """An ordinary poll of a declared time. `expected` with the scale in it."""
        kept = 0.5 ** (covers / _HALF)
        expected /= self.scale
        self._came, self._expected = self._came * kept + requests, self._expected * kept + expected
        self._came, self._expected = max(self._came, 1e-6), max(self._expected, 1e-6)

    def expect(self, at: Instant, missing: float, seconds: float) -> None:
        """An outage of so many seconds has ended, in which so many requests were lost."""
        self._left, self._until = missing, at + min(_MOST, max(_LEAST, seconds))

    def holds(self, at: Instant) -> bool:
        """Whether a backlog may come: the levels learn nothing."""
        return at < self._until and self._left > 0.0

    def see(self, at: Instant, excess: float, up: bool) -> None:
        """A poll, with so many requests more than expected."""
        self.backlog = up and self.holds(at)
        if excess > 0.0:
            self._left -= excess

    def state(self) -> list[float]:
        return [self._left, self._until, self._came, self._expected, self.backlog]

    def restore(self, state: Sequence[float]) -> None:
        self._left, self._until, self._came, self._expected, backlog = state
        self.backlog = bool(backlog)
