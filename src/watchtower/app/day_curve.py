"""The last 24 hours of one flow in memory: 288 slots of five minutes, 3.7 kB. Time is an argument."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from math import isnan, nan
from typing import Any

from watchtower.api.board import SLOT, SLOTS, STEP, DayOfFlow
from watchtower.detectors.packed import pack, unpack
from watchtower.model import Instant

_NAMES = ("observed", "low", "high")


class DayCurve:
    """A ring of slots; the newest is `slot`, counted from the epoch. A slot holds the mean of its samples."""

    __slots__ = ("_count", "_marks", "_rows", "_slot")

    def __init__(self, at: Instant) -> None:
        self._slot, self._count = int(at // SLOT), 0
        self._rows = {name: array("f", [nan] * SLOTS) for name in _NAMES}
        self._marks = bytearray(SLOTS)

    def add(self, at: Instant, observed: float, low: float | None, high: float | None) -> None:
        """A sample: requests per second, and what was expected. One from before the newest slot is dropped."""
        if self._move(at) == 0:
            self._count += 1
            here = self._slot % SLOTS
            for name, value in zip(_NAMES, (observed, low, high), strict=True):
                before = self._rows[name][here]
                if value is not None:
                    mean = value if isnan(before) else before + (value - before) / self._count
                    self._rows[name][here] = mean

    def mark(self, since: Instant, at: Instant, bit: int) -> None:
        """From `since` to now it was so."""
        self._move(at)
        last = int(at // SLOT)
        for slot in range(max(int(since // SLOT), self._slot - SLOTS + 1), min(last, self._slot) + 1):
            self._marks[slot % SLOTS] |= bit

    def day(self, at: Instant) -> DayOfFlow:
        """The 24 hours up to now."""
        self._move(at)
        turn = (self._slot + 1) % SLOTS
        rows = {name: [*row[turn:], *row[:turn]] for name, row in self._rows.items()}
        return DayOfFlow(
            (self._slot + 1) * SLOT,
            [None if isnan(one) else one for one in rows["observed"]],
            _coarser(rows["low"]),
            _coarser(rows["high"]),
            bytes(self._marks[turn:] + self._marks[:turn]),
        )

    def _move(self, at: Instant) -> int:
        """Goes to the slot of this moment. Returns by how many slots the moment lies behind: the clock was set back."""
        slot = int(at // SLOT)
        if self._slot - slot > 1:  # set back by more than a slot: the future that it knew is none
            self.__init__(at)  # type: ignore[misc]
        for one in range(max(self._slot, slot - SLOTS) + 1, slot + 1):
            for row in self._rows.values():
                row[one % SLOTS] = nan
            self._marks[one % SLOTS] = 0
            self._count = 0
        behind, self._slot = max(0, self._slot - slot), max(self._slot, slot)
        return behind

    def state(self) -> Mapping[str, Any]:
        """JSON that `restored` reads."""
        rows = {name: pack(row) for name, row in self._rows.items()}
        return {"slot": self._slot, "marks": self._marks.hex(), **rows}

    @classmethod
    def restored(cls, state: Mapping[str, Any], at: Instant) -> DayCurve:
        """The curve as it was saved, moved on to now. Raises KeyError, TypeError or ValueError for what is none."""
        made = cls(float(state["slot"]) * SLOT)
        made._rows = {name: unpack("f", state[name]) for name in _NAMES}
        made._marks, made._count = bytearray.fromhex(state["marks"]), 1
        if {len(made._marks), *map(len, made._rows.values())} != {SLOTS}:
            raise ValueError("a day of another length")
        made._move(at)
        return made


def _coarser(row: Sequence[float]) -> list[float | None]:
    """A point for each `STEP`: their mean, None where there is none."""
    known = [[one for one in row[n : n + STEP] if not isnan(one)] for n in range(0, SLOTS, STEP)]
    return [sum(some) / len(some) if some else None for some in known]
