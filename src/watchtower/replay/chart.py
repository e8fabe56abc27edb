"""The course of a replay in characters: a column for so many seconds, a row for each check, alert and incident.

checks     ▁ to █ measured, by size   0 measured only zeros   - up   x down   ? unknown   _ no data
alerts     p pending   F firing
incidents  0 to 4 the severity, P0 to P4   m mitigated
pages      how many in that column; a: somebody acted
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from watchtower.core.incident.incidents import Incident
from watchtower.fields import format_duration
from watchtower.model import IncidentState, Outcome, Reading
from watchtower.values import Frozen

LEGEND = (
    "▁ to █ measured, by size  0 zero  - up  x down  ? unknown  _ no data  p pending  F firing  "
    "0 to 4 P0 to P4  m mitigated  a action"
)
_SCALES = (1.0, 10.0, 60.0, 600.0, 3600.0)
"""Seconds that a column may stand for."""
_LEAST, _WIDTH = 12, 80
"""Columns of a chart."""
_SIZES = "▁▂▃▄▅▆▇█"
_BAD = "x?_"
"""Of the polls of one column the worst stands for it."""
_WORST = "01234mFp"
"""Of what holds within one column the worst stands for it."""


class Chart(Frozen):
    """`unit` are the seconds of a column; moments are seconds from the start."""

    unit: float
    columns: range

    @classmethod
    def around(cls, moment: float, lasts: float) -> Chart:
        """Of at most a minute a column, with this moment in it."""
        unit = next((one for one in (60.0, 10.0, 1.0) if lasts / one >= _LEAST), 1.0)
        cells = _cells(lasts, unit)
        first = max(0, min(int(moment / unit) - _WIDTH // 2, cells - _WIDTH))
        return cls(unit, range(first, min(cells, first + _WIDTH)))

    @classmethod
    def whole(cls, lasts: float) -> Chart:
        """From the start to the end."""
        unit = next((one for one in _SCALES if lasts / one <= _WIDTH), _SCALES[-1])
        return cls(unit, range(_cells(lasts, unit)))

    def column(self, at: float) -> int:
        """The column of a moment. It belongs to the stretch that ends with it, as a poll does."""
        return max(0, int((at - 1e-6) / self.unit))

    def scale(self) -> str:
        """A time at every tenth column."""
        out = ""
        for n in self.columns:
            if not n % 10 and len(out) <= n - self.columns.start:
                out = out.ljust(n - self.columns.start) + span(n * self.unit)
        return out

    def polls(self, polls: Sequence[tuple[float, Reading]], main: str) -> str:
        """The size of the measurement `main`, as a share of its greatest; the outcome where nothing is measured."""
        found = [(self.column(at), reading, _size(reading, main)) for at, reading in polls]
        greatest = max((abs(size) for _, _, size in found if size is not None), default=0.0)
        cells: dict[int, list[tuple[Reading, float | None]]] = {n: [] for n in self.columns}
        for n, reading, size in found:
            if n in cells:
                cells[n].append((reading, size))
        return "".join(_cell(cell, greatest) for cell in cells.values())

    def holds(self, changes: Iterable[tuple[float, str]]) -> str:
        """What holds from each of these moments on, a letter each; "." before and for nothing."""
        moves: dict[int, list[str]] = {}
        letter = "."
        for at, new in changes:
            n = self.column(at)
            moves.setdefault(n, []).append(new)
            if n < self.columns.start:
                letter = new
        out = ""
        for n in self.columns:
            here = [letter, *moves.get(n, ())]
            letter = here[-1]
            out += min((one for one in here if one in _WORST), key=_WORST.index, default=".")
        return out

    def counts(self, moments: Iterable[float], acted: Iterable[float]) -> str:
        """How many in each column, + for ten and more; `a` where somebody acted."""
        marked = {self.column(at) for at in acted}
        count = dict.fromkeys(self.columns, 0)
        for at in moments:
            if (n := self.column(at)) in count:
                count[n] += 1
        return "".join(
            "a" if n in marked else "." if not times else str(times) if times < 10 else "+"
            for n, times in count.items()
        )

    def lines(self, rows: Sequence[tuple[str, str]]) -> list[str]:
        """The rows under their scale, each with its name."""
        margin = max(len(name) for name, _ in rows)
        named = [("", self.scale()), *rows]
        return [f"{name:<{margin}}  {cells}".rstrip() for name, cells in named]

    def mark(self, moment: float, rows: Sequence[tuple[str, str]]) -> str:
        """A line below the rows that points at this moment."""
        margin = max(len(name) for name, _ in rows)
        place = min(self.column(moment) - self.columns.start, len(self.columns) - 1)
        return f"{'':<{margin}}  {' ' * place}^ {span(moment)}"


def span(seconds: float) -> str:
    return format_duration(seconds) if seconds else "0s"


def letter_of(incident: Incident) -> str:
    """What a chart says of this incident."""
    if not incident.open:
        return "."
    return "m" if incident.state is IncidentState.MITIGATED else str(incident.severity.rank)


def _cells(lasts: float, unit: float) -> int:
    return max(1, round(lasts / unit + 0.499))


def _size(reading: Reading, main: str) -> float | None:
    numbers = {n: v for n, v in reading.measurements.items() if isinstance(v, float)}
    return numbers.get(main, next(iter(numbers.values()), None))


def _cell(polls: Sequence[tuple[Reading, float | None]], greatest: float) -> str:
    if not polls:
        return " "
    letters = {_outcome(reading) for reading, _ in polls}
    if found := next((one for one in _BAD if one in letters), ""):
        return found
    sizes = [abs(size) for _, size in polls if size is not None]
    if not sizes:
        return "-"
    if not any(sizes):
        return "0"
    share = sum(sizes) / len(sizes) / greatest
    return _SIZES[min(len(_SIZES) - 1, int(share * len(_SIZES)))]


def _outcome(reading: Reading) -> str:
    if reading.outcome is Outcome.DOWN:
        return "x"
    if reading.outcome is Outcome.UNKNOWN:
        return "_" if reading.reason == "absent" else "?"
    return ""
