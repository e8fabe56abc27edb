"""The steps in which history is kept: fine for a day, coarser for longer; and the number of a chunk."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from watchtower.model import Instant
from watchtower.values import Frozen

SLOTS = 360
"""Slots of a chunk, at every level."""
_COLUMN_BITS, _LEVEL_BITS = 24, 56
MOST_COLUMNS = 1 << _COLUMN_BITS


class HistoryLevel(Frozen):
    """A step in seconds, and for how many seconds its chunks are kept; `number` is 0 for the finest."""

    number: int
    step: float
    keep: float

    @property
    def span(self) -> float:
        """Seconds that a chunk covers."""
        return self.step * SLOTS

    def block(self, at: Instant) -> int:
        """The number of the chunk in which this instant lies."""
        return int(at // self.span)

    def id(self, block: int, column: int = 0) -> int:
        """The number of a chunk: level, block, column. So a level's chunks lie in the order of time."""
        return self.number << _LEVEL_BITS | block << _COLUMN_BITS | column


DAY = 86400.0


def levels(flows: float = 365 * DAY) -> tuple[HistoryLevel, HistoryLevel, HistoryLevel]:
    """10 s for a day, a minute for a week, 10 min for `flows` seconds. A chunk covers an hour, 6 hours, 60 hours."""
    return HistoryLevel(0, 10.0, DAY), HistoryLevel(1, 60.0, 7 * DAY), HistoryLevel(2, 600.0, flows)


def block_of(id: int) -> int:
    """The block of a chunk's number."""
    return id >> _COLUMN_BITS & (1 << (_LEVEL_BITS - _COLUMN_BITS)) - 1


def column_of(id: int) -> int:
    """The column of a chunk's number."""
    return id & MOST_COLUMNS - 1


def step_for(
    kept: Sequence[HistoryLevel], since: Instant, until: Instant, now: Instant, points: int
) -> float:
    """The step of a curve over this span: of at most `points` steps, a multiple of the finest level that still has
    its begin."""
    fitting = [one for one in kept if since >= now - one.keep] or [kept[-1]]
    wanted = max(until - since, 1.0) / points
    finest = next((one for one in reversed(fitting) if one.step <= wanted), fitting[0])
    return finest.step * ceil(max(wanted, finest.step) / finest.step)
