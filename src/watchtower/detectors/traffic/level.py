"""How busy the flow is now, compared with what is usual at this time: a Gamma posterior that forgets.

Learnt in blocks of about sixteen expected requests, so that it costs little where much comes, and is no noise
where little comes. Memory halves in three quarters of an hour, or in the time of 128 requests where that is longer.
"""

from __future__ import annotations

from collections.abc import Sequence

from watchtower.model import Instant

BLOCK = 16.0
"""Expected requests in one block: about as many as a silence costs before it is a page."""
_HALF_LIFE = 2700.0
_HALF_COUNT = 128.0
_PRIOR = 4.0
"""Requests' worth of belief, once everything is forgotten, that today is as usual."""


class Level:
    """`ratio` = requests / usual requests; `weight` = requests' worth of evidence behind it."""

    __slots__ = ("_at", "_requests", "_usual", "requests", "usual")

    def __init__(self) -> None:
        self._requests = 0.0
        self._usual = 0.0
        self._at = 0.0
        self.requests = 0.0
        """Of the block that is open now."""
        self.usual = 0.0

    @property
    def known(self) -> bool:
        return self._usual > 0.0

    @property
    def ratio(self) -> float:
        return self._requests / self._usual if self._usual > 0.0 else 0.0

    @property
    def full(self) -> bool:
        """Whether the open block has enough to learn from."""
        if self._usual > 0.0:
            return self.usual * self._requests >= BLOCK * self._usual
        return self.requests >= BLOCK

    def weight(self, at: Instant, rate: float) -> float:
        """Requests' worth of evidence that is left at this time, when `rate` a second are expected."""
        kept = self._kept(at, rate)
        return self._requests * kept + _PRIOR * (1.0 - kept)

    def close(self, at: Instant, rate: float, season_known: bool) -> None:
        """Learns the open block, and begins another."""
        if self._usual > 0.0:
            kept = self._kept(at, rate)
            home = 1.0 if season_known else self.ratio
            lost = _PRIOR * (1.0 - kept)
            self._requests = self._requests * kept + lost * home + self.requests
            self._usual = self._usual * kept + lost + self.usual
        else:
            self._requests, self._usual = self.requests, self.usual
        self._at = at
        self.drop()

    def believe(self, at: Instant) -> None:
        """Takes the open block as the level, whatever it was before."""
        self._requests, self._usual, self._at = max(self.requests, 1.0), self.usual, at
        self.drop()
        self.doubt()

    def drop(self) -> None:
        """Begins another block without learning the open one."""
        self.requests = self.usual = 0.0

    def rescale(self, scale: float) -> None:
        """Multiplies the usual rate by `scale`."""
        self._usual *= scale
        self.usual *= scale

    def doubt(self) -> None:
        """Reduces the evidence to ten requests, because the level no longer fits."""
        if self._requests > 10.0:
            self._usual *= 10.0 / self._requests
            self._requests = 10.0

    def _kept(self, at: Instant, rate: float) -> float:
        elapsed = max(0.0, at - self._at)
        halvings = min(elapsed / _HALF_LIFE, elapsed * rate / _HALF_COUNT)
        kept: float = 0.5**halvings if halvings < 60.0 else 0.0
        return kept

    def state(self) -> list[float]:
        return [self._requests, self._usual, self._at, self.requests, self.usual]

    def restore(self, state: Sequence[float]) -> None:
        self._requests, self._usual, self._at, self.requests, self.usual = state
