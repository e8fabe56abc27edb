"""Collects the samples of the open slot: a sum and a count for each column. On the hot path, so it does little."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import nan

from watchtower.core.plan.checks import Check
from watchtower.core.sources import Series
from watchtower.history.kept import OWN, UP, detected_of, own_of
from watchtower.model import Observation, Outcome, Value

PART = 1024
"""Columns that are written together."""
BOUND = 60_000
"""Columns that are recorded; further series have no history."""

Key = tuple[str, str, str]
"""Check, series, name of the value."""


@dataclass(frozen=True, slots=True)
class Slot:
    """What came in one slot: new columns with their numbers, and by part the sums and counts of its columns."""

    number: int
    fresh: Mapping[Key, int]
    parts: Sequence[tuple[int, array[float], array[int]]]

    def means(self) -> list[tuple[int, array[float]]]:
        """By part the mean of each column; NaN: no sample. Not on the event loop: it takes 100 µs a part."""
        return [
            (part, array("f", [s / n if n else nan for s, n in zip(sums, counts, strict=True)]))
            for part, sums, counts in self.parts
        ]


@dataclass(slots=True)
class _SeriesColumns:
    """`there` are places among the facts with their columns; `open` are names that have no column yet."""

    up: int
    there: list[tuple[int, int]] = field(default_factory=list)
    open: dict[int, str] = field(default_factory=dict)
    own_left: int = OWN


class SampleRecorder:
    """`columns` are those that are known, by check, series and name."""

    def __init__(self, columns: Mapping[Key, int], *, bound: int = BOUND) -> None:
        self.columns = dict(columns)
        self._next, self._bound = max(columns.values(), default=-1) + 1, bound
        self._series: dict[Series, _SeriesColumns | None] = {}
        self._live = 0
        self._fresh: dict[Key, int] = {}
        self._parts: dict[int, tuple[array[float], array[int]]] = {}
        self.left_out = 0
        """Series without a history, because there are too many."""

    def replace_plan(self) -> None:
        """The plan has changed: what each check measures is looked up again."""
        self._series.clear()
        self._live = self.left_out = 0

    def live(self) -> list[int]:
        """The columns of series that have been seen since the plan was taken."""
        known = (one for one in self._series.values() if one is not None)
        return [column for one in known for column in (one.up, *(column for _, column in one.there))]

    def observe(self, check: Check, observation: Observation, facts: Sequence[Value]) -> None:
        """Adds a sample; `facts` are its measurements in the order of `check.facts`."""
        series = (check.name, observation.reading.series)
        try:
            known = self._series[series]
        except KeyError:
            known = self._series[series] = self._meet(check, series)
        outcome = observation.reading.outcome
        if known is None or outcome is Outcome.UNKNOWN:
            return
        self._add(known.up, 1.0 if outcome is Outcome.UP else 0.0)
        if not facts:
            return
        if known.open:
            self._open(known, series, facts)
        for place, column in known.there:
            value = facts[place]
            if isinstance(value, (int, float)):  # a probe that gave numbers may give a text at any time
                self._add(column, value)

    def close(self, number: int) -> Slot:
        """What came in the slot of this number; a new one begins."""
        slot = Slot(number, self._fresh, [(part, *both) for part, both in self._parts.items()])
        self._fresh, self._parts = {}, {}
        return slot

    def give_back(self, fresh: Mapping[Key, int]) -> None:
        """New columns that could not be written: they go along with the next slot."""
        self._fresh = {**fresh, **self._fresh}

    def _add(self, column: int, value: float) -> None:
        try:
            sums, counts = self._parts[column // PART]
        except KeyError:
            sums, counts = array("d", bytes(8 * PART)), array("I", bytes(4 * PART))
            self._parts[column // PART] = sums, counts
        sums[column % PART] += value
        counts[column % PART] += 1

    def _meet(self, check: Check, series: Series) -> _SeriesColumns | None:
        if self._live >= self._bound:
            self.left_out += 1
            return None
        places = {name: place for place, name in enumerate(check.facts)}
        known = _SeriesColumns(self._column(series, UP))
        known.open = {places[name]: name for name in (*detected_of(check), *own_of(check))}
        return known

    def _open(self, known: _SeriesColumns, series: Series, facts: Sequence[Value]) -> None:
        """Gives a column to each name that comes with a number for the first time."""
        for place in [place for place in known.open if facts[place] is not None]:
            name = known.open.pop(place)
            if isinstance(facts[place], (bool, str)):
                continue
            own = "." not in name
            if own and not known.own_left:
                continue
            known.own_left -= own
            known.there.append((place, self._column(series, name)))

    def _column(self, series: Series, name: str) -> int:
        key = (*series, name)
        self._live += 1
        if key not in self.columns:
            self.columns[key] = self._fresh[key] = self._next
            self._next += 1
        return self.columns[key]


def columns_of(rows: Iterable[tuple[int, str, str, str]]) -> dict[Key, int]:
    """Columns as they are stored: number, check, series, name."""
    return {(check, series, name): column for column, check, series, name in rows}
