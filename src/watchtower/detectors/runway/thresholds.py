"""The thresholds of warnings: which threshold (30, 14, 7, 3, 1 or 0 days left) is reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from watchtower.model import Instant

NO_THRESHOLD = 3650.0
"""Ten years: no threshold is reached. No runway is said to be longer."""
_DAY = 86400.0
_CLEAR = 1.5
"""Days left sway with the week; a threshold that was reached is left without a top-up only well above it."""


class Thresholds:
    """Goes down threshold by threshold; back up only by a top-up, or when use has slackened for good."""

    def __init__(self, thresholds: Sequence[float]) -> None:
        self._thresholds = sorted({0.0, *thresholds})
        self.step = NO_THRESHOLD

    def reach(self, days_left: float, topped_up: bool) -> float:
        """The threshold for these days left, as the number of days that it stands for."""
        now = next((threshold for threshold in self._thresholds if days_left <= threshold), NO_THRESHOLD)
        held = self.step in self._thresholds and days_left <= self.step * _CLEAR and not topped_up
        self.step = min(now, self.step) if held else now
        return self.step

    def ahead(self, since: Instant, days: tuple[float, float, float]) -> list[Mapping[str, float]]:
        """The thresholds to come, the next one first: reached when, and between when and when, with these days left."""
        low, now, high = days
        return [
            {
                "days": threshold,
                "reached_at": since + (now - threshold) * _DAY,
                "earliest_at": since + max(0.0, low - threshold) * _DAY,
                "latest_at": since + (high - threshold) * _DAY,
            }
            for threshold in reversed(self._thresholds)
            if threshold < min(now, self.step) and now < NO_THRESHOLD
        ]
