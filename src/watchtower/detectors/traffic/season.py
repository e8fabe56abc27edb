"""The shape of a day: what is usual at each half hour, on working days and on days off.

Each half hour keeps a Gamma posterior of its rate (requests seen, seconds measured), which forgets with every
visit. Between the middles of two half hours the rate is interpolated, so that a ramp is no staircase.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from watchtower.detectors.packed import pack, unpack

BIN = 1800.0
"""Seconds of one half hour."""
BINS = 48
_KEEP = 0.85
"""What a visit leaves of those before it: about a week of visits count."""
_PRIOR = 20.0
"""Requests' worth of belief that this half hour is like the rest of the day: it smooths sparse flows."""
_VISITED = 0.25 * BIN
_STEEP = 3.0
"""Neighbouring half hours that differ by more than this are a step, not a ramp."""
_HABIT = 3
"""Times in a row after which a silence at the same half hour is a habit, not an outage."""


class Season:
    """Usual rate by half hour and kind of day; `at(position)` is interpolated between the knots in force."""

    __slots__ = (
        "_after",
        "_before",
        "_here",
        "_middle",
        "_requests",
        "_seconds",
        "_skipped",
        "known",
        "steep",
    )

    def __init__(self) -> None:
        self._requests = array("f", bytes(4 * 2 * BINS))
        self._seconds = array("f", bytes(4 * 2 * BINS))
        self._skipped = array("B", bytes(2 * BINS))
        self._before = self._middle = self._after = 1.0
        self._here = -1
        self.known = False
        """Whether the half hour in force has been seen on an earlier day."""
        self.steep = False
        """Whether a market opens or closes hereabouts: nobody can say at which minute, so the least is expected."""

    def learn(self, index: int, requests: float, seconds: float) -> None:
        """Adds one visit to a half hour, without anomalies."""
        self._requests[index] = self._requests[index] * _KEEP + requests
        self._seconds[index] = self._seconds[index] * _KEEP + seconds
        self._skipped[index] = 0

    def skip(self, index: int, requests: float, seconds: float) -> None:
        """Skips a visit that was mostly an anomaly: it is learnt only when it has become a habit."""
        if self._skipped[index] + 1 < _HABIT:
            self._skipped[index] += 1
            return
        self._requests[index] = self._requests[index] * _KEEP + requests
        self._seconds[index] = self._seconds[index] * _KEEP + seconds

    def turn(self, before: int, here: int, after: int) -> float:
        """Put the knots of these half hours in force. Returns by how much the scale jumped (1.0: not at all):
        the first day has no shape, so the level carries everything until the second day brings one."""
        scale, flat = 1.0, self._middle if self._here != before else self._after
        middle = self.usual(here)
        was_known, self.known = self.known, middle is not None
        if middle is None:
            self._before = self._middle = self._after = flat
        else:
            # Working days and days off may differ in height: what is borrowed is not joined to what is known.
            own = self._visited(here)
            left = self.usual(before) if was_known and own and self._visited(before) else None
            if not was_known:
                scale = middle / flat
            self._before = middle if left is None else left
            self._middle = middle
            right = self.usual(after) if own and self._visited(after) else None
            self._after = middle if right is None else right
        self._here = here
        return scale

    def at(self, position: float) -> float:
        """Requests per second that are usual at this share (0..1) of the half hour in force."""
        if position < 0.5:
            start, end, along = self._before, self._middle, position + 0.5
        else:
            start, end, along = self._middle, self._after, position - 0.5
        self.steep = start > _STEEP * end or end > _STEEP * start
        return min(start, end) if self.steep else start + (end - start) * along

    def day(self) -> float | None:
        """Requests per second over a whole day of this kind; None before half of one was seen."""
        here = BINS * (max(self._here, 0) // BINS)
        for start in (here, (here + BINS) % (2 * BINS)):
            rates = [
                self._requests[i] / self._seconds[i] for i in range(start, start + BINS) if self._visited(i)
            ]
            if len(rates) >= BINS // 2:
                return sum(rates) / len(rates)
        return None

    def _visited(self, index: int) -> bool:
        return self._seconds[index] >= _VISITED

    def usual(self, index: int) -> float | None:
        """Requests per second of this half hour, of the other kind of day where it was never seen; None: of neither."""
        if not self._visited(index):
            index = (index + BINS) % (2 * BINS)
            if not self._visited(index):
                return None
        start = BINS * (index // BINS)
        day = sum(self._requests[start : start + BINS]) / sum(self._seconds[start : start + BINS])
        if day <= 0.0:
            return 1e-9
        rate = (self._requests[index] + _PRIOR) / (self._seconds[index] + _PRIOR / day)
        return max(rate, 1e-9)

    def state(self) -> list[float]:
        """The knots in force; the shape itself is in `shape`."""
        return [self._before, self._middle, self._after, self._here, self.known]

    def restore(self, state: Sequence[float]) -> None:
        self._before, self._middle, self._after, here, known = state
        self._here, self.known = int(here), bool(known)

    @property
    def shape(self) -> list[str]:
        """Requests, seconds and skipped visits of every half hour, packed."""
        return [pack(self._requests), pack(self._seconds), self._skipped.tobytes().hex()]

    @shape.setter
    def shape(self, packed: Sequence[str]) -> None:
        requests, seconds, skipped = packed
        self._requests, self._seconds = unpack("f", requests), unpack("f", seconds)
        self._skipped = array("B", bytes.fromhex(skipped))
