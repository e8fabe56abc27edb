"""The ladder of warnings: which rung (30, 14, 7, 3, 1 or 0 days left) is reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from watchtower.model import Instant

NO_RUNG = 3650.0
"""Ten years: no rung is reached. No runway is said to be longer."""
_DAY = 86400.0
_CLEAR = 1.5
"""Days left sway with the week; a rung that was reached is left without a top-up only well above it."""


class Ladder:
    """Goes down rung by rung; back up only by a top-up, or when use has slackened for good."""

    def __init__(self, rungs: Sequence[float]) -> None:
        self._rungs = sorted({0.0, *rungs})
        self.step = NO_RUNG

    def reach(self, days_left: float, topped_up: bool) -> float:
        """The rung for these days left, as the number of days that it stands for."""
        now = next((rung for rung in self._rungs if days_left <= rung), NO_RUNG)
        held = self.step in self._rungs and days_left <= self.step * _CLEAR and not topped_up
        self.step = min(now, self.step) if held else now
        return self.step

    def ahead(self, since: Instant, days: tuple[float, float, float]) -> list[Mapping[str, float]]:
        """The rungs to come, the next one first: reached when, and between when and when, with these days left."""
        low, now, high = days
        return [
            {
                "days": rung,
                "reached_at": since + (now - rung) * _DAY,
                "earliest_at": since + max(0.0, low - rung) * _DAY,
                "latest_at": since + (high - rung) * _DAY,
            }
            for rung in reversed(self._rungs)
            if rung < min(now, self.step) and now < NO_RUNG
        ]
