"""The yardsticks: what a few lines in a dashboard would say."""

from __future__ import annotations

from collections import deque
from itertools import pairwise

from benchmarks.runway.accounts import DAY, Poll


class Division:
    """What is left, divided by what is used, over the last three days."""

    def __init__(self, days: float = 3.0) -> None:
        self._span = days * DAY
        self._seen: deque[tuple[float, float]] = deque()

    def add(self, poll: Poll) -> None:
        if poll.left is None:
            return
        self._seen.append((poll.at, poll.left))
        while len(self._seen) > 1 and self._seen[1][0] <= poll.at - self._span:
            self._seen.popleft()

    def plainly(self) -> float | None:
        """By what there was at the beginning and is at the end: None where a top-up made it grow."""
        return self._divided(self._seen[0][1] - self._seen[-1][1])

    def by_falls(self) -> float | None:
        """By the sum of all falls: what watchtower did before it knew of weeks."""
        return self._divided(sum(max(0.0, a - b) for (_, a), (_, b) in pairwise(self._seen)))

    def _divided(self, spent: float) -> float | None:
        length = self._seen[-1][0] - self._seen[0][0]
        return self._seen[-1][1] / (spent / length * DAY) if spent > 0 else None
