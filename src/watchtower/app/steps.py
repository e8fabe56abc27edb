"""Detects that the wall clock was set or that the machine slept."""

from __future__ import annotations

import time
from collections.abc import Callable

TOLERANCE = 1.0
"""Seconds between two looks that are put down to the clock being disciplined, not set."""


class ClockSteps:
    """Compares the wall clock with one that nobody can set, and that stands still while the machine sleeps."""

    def __init__(
        self, wall: Callable[[], float] = time.time, steady: Callable[[], float] = time.monotonic
    ) -> None:
        self._wall, self._steady = wall, steady
        self._difference = wall() - steady()

    def step(self) -> float:
        """Seconds by which the wall clock was moved since the last call; negative when set back, 0.0 when
        unchanged."""
        difference = self._wall() - self._steady()
        by, self._difference = difference - self._difference, difference
        return by if abs(by) > TOLERANCE else 0.0
