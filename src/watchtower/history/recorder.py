"""Collects the samples of the open slot: a sum and a count for each column. On the hot path, so it does little."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from math import nan
from operator import itemgetter
from typing import Any, TypeVar

from watchtower.core.plan.checks import Check
from watchtower.core.sources import Series
from watchtower.history.kept import OWN, UP, detected_of, own_of
from watchtower.model import Observation, Outcome, Value
from watchtower.values import Frozen, Mutable, field

PART = 1024
"""Columns that are written together."""
BOUND = 60_000
"""Columns that are recorded; further series have no history."""

T = TypeVar("T", bound=tuple[Any, ...])
Key = tuple[str, str, str]
"""Check, series, name of the value."""


class Slot(Frozen):
    """What came in one slot: new columns with their numbers, and by part the sums and counts of its columns."""

    number: int
    fresh: Mapping[Key, int]
    parts: Sequence[tuple[int, list[float], list[int]]]

    def means(self) -> list[tuple[int, array[float]]]:
        """By part the mean of each column; NaN: no sample. Not on the event loop: it takes 100 µs a part."""
        return [
            (part, array("f", [s / n if n else nan for s, n in zip(sums, counts, strict=True)]))
            for part, sums, counts in self.parts
        ]


_Part = tuple[list[float], list[int]]
"""Sums and counts of its columns; lists, for they are added to twice as fast as arrays."""
_UP, _GONE = -1, -2
"""Places behind the facts: whether it is up, and what its check does not measure any more."""


class _SeriesColumns(Mutable):
    """`names` of what is kept of a series, with their `numbers`; `places` are those of the names among the facts, `open` those
    that have no column yet. Ten thousand series have the same names and places: they share them."""

    names: tuple[str, ...] = ()
    numbers: array[int] = field(default_factory=lambda: array("I"))
    places: tuple[int, ...] = ()
    open: tuple[int, ...] = ()
    in_a_row: Callable[[Sequence[Value]], tuple[Any, ...]] | None = None
    """Takes the kept values behind `up` from the facts, where their columns follow upon its own in one part, as almost
    always: a series is met with all its values at once."""


class SampleRecorder:
    """Begins with the columns that are known."""

    def __init__(self, columns: Mapping[Key, int], *, bound: int = BOUND) -> None:
        self._known: dict[Series, _SeriesColumns] = {}
        self._shared: dict[tuple[str, ...] | tuple[int, ...], Any] = {}
        self._next, self._bound = max(columns.values(), default=-1) + 1, bound
        self._series: dict[Series, _SeriesColumns | None] = {}
        self._live = 0
        self._fresh: dict[Key, int] = {}
        self._parts: dict[int, _Part] = {}
        self.left_out = 0
        """Series without a history, because there are too many."""
        for (check, series, name), column in columns.items():
            self._add_column(self._known.setdefault((check, series), _SeriesColumns()), name, column)

    def replace_plan(self) -> None:
        """The plan has changed: what each check measures is looked up again."""
        self._series.clear()
        self._live = self.left_out = 0

    @property
    def count(self) -> int:
        """All columns have lower numbers."""
        return self._next

    def live(self) -> list[int]:
        """The columns of series that have been seen since the plan was taken, and are measured. Safe in a thread."""
        return [
            column
            for one in list(self._series.values())
            if one is not None
            for place, column in zip(one.places, one.numbers, strict=False)  # a new one is begun meanwhile
            if place != _GONE
        ]

    def names(self) -> dict[int, str]:
        """The name of the value in each column. Safe in a thread."""
        return {
            column: name
            for one in list(self._known.values())
            for name, column in zip(one.names, one.numbers, strict=False)
        }

    def columns_of(self, series: Series) -> dict[str, int]:
        """The columns of a series by the names of its values."""
        known = self._known.get(series, _SeriesColumns())
        return dict(zip(known.names, known.numbers, strict=True))

    def by_series(self) -> Iterator[tuple[Series, Sequence[int]]]:
        """Every series that is known, with its columns. Safe in a thread."""
        return ((series, known.numbers) for series, known in list(self._known.items()))

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
        if facts and known.open:
            self._open(check, known, series, facts)
        up = 1.0 if outcome is Outcome.UP else 0.0
        if facts and known.in_a_row is not None:
            part, at = divmod(known.numbers[0], PART)
            sums, counts = self._parts.get(part) or self._begin_part(part)
            sums[at] += up
            counts[at] += 1
            for value in known.in_a_row(facts):
                at += 1
                if value is not None:
                    try:
                        sums[at] += value
                    except TypeError:  # a probe that gave numbers may give a text at any time
                        continue
                    counts[at] += 1
            return
        values = (*(facts or (None,) * len(check.facts)), None, up)
        for place, column in zip(known.places, known.numbers, strict=True):
            value = values[place]
            if isinstance(value, (int, float)):
                part, at = divmod(column, PART)
                sums, counts = self._parts.get(part) or self._begin_part(part)
                sums[at] += value
                counts[at] += 1

    def close(self, number: int) -> Slot:
        """What came in the slot of this number; a new one begins."""
        slot = Slot(number, self._fresh, [(part, *both) for part, both in self._parts.items()])
        self._fresh, self._parts = {}, {}
        return slot

    def give_back(self, fresh: Mapping[Key, int]) -> None:
        """New columns that could not be written: they go along with the next slot."""
        self._fresh = {**fresh, **self._fresh}

    def _begin_part(self, part: int) -> _Part:
        made = self._parts[part] = [0.0] * PART, [0] * PART
        return made

    def _meet(self, check: Check, series: Series) -> _SeriesColumns | None:
        if self._live >= self._bound:
            self.left_out += 1
            return None
        known = self._known.setdefault(series, _SeriesColumns())
        kept = [*detected_of(check), *own_of(check)]
        places = {name: place for place, name in enumerate(check.facts) if name in kept}
        known.places = self._share(
            tuple(_UP if name == UP else places.get(name, _GONE) for name in known.names)
        )
        known.open = self._share(tuple(places[name] for name in kept if name not in known.names))
        known.in_a_row = _in_a_row(known)
        self._live += sum(place != _GONE for place in known.places)
        if UP not in known.names:
            self._begin(known, series, UP, _UP)
        return known

    def _open(self, check: Check, known: _SeriesColumns, series: Series, facts: Sequence[Value]) -> None:
        """Gives a column to each name that comes with a number for the first time."""
        new = [place for place in known.open if facts[place] is not None]
        measured = list(check.facts) if new else []
        for place in new:
            known.open = self._share(tuple(one for one in known.open if one != place))
            name = measured[place]
            own = "." not in name
            if isinstance(facts[place], (bool, str)) or (own and _own_of(known) >= OWN):
                continue
            self._begin(known, series, name, place)

    def _begin(self, known: _SeriesColumns, series: Series, name: str, place: int) -> None:
        self._fresh[*series, name] = self._next
        self._add_column(known, name, self._next)
        known.places = self._share((*known.places, place))
        known.in_a_row = _in_a_row(known)
        self._next += 1
        self._live += 1

    def _add_column(self, known: _SeriesColumns, name: str, column: int) -> None:
        known.names = self._share((*known.names, name))
        known.numbers.append(column)

    def _share(self, one: T) -> T:
        shared: T = self._shared.setdefault(one, one)
        return shared


_taking = lru_cache(maxsize=1000)(itemgetter)


def _in_a_row(known: _SeriesColumns) -> Callable[[Sequence[Value]], tuple[Any, ...]] | None:
    """See `_SeriesColumns`. One value alone would not come as a tuple."""
    numbers, places = known.numbers, known.places
    if len(places) < 3 or places[0] != _UP or min(places[1:]) < 0:
        return None
    first, last = numbers[0], numbers[-1]
    row = all(b == a + 1 for a, b in pairwise(numbers)) and first // PART == last // PART
    return _taking(*places[1:]) if row else None


def _own_of(known: _SeriesColumns) -> int:
    """How many of its probe's measurements are kept."""
    pairs = zip(known.names, known.places, strict=True)
    return sum(place >= 0 and "." not in name for name, place in pairs)


def columns_of(rows: Iterable[tuple[int, str, str, str]]) -> dict[Key, int]:
    """Columns as they are stored: number, check, series, name."""
    return {(check, series, name): column for column, check, series, name in rows}
