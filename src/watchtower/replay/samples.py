"""Reads a samples file: CSV, plain or gzip, one row a poll. Reports all errors at once."""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import math
import statistics
from array import array
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from watchtower.core.plan.checks import Check
from watchtower.errors import Problem
from watchtower.model import Value
from watchtower.replay.columns import lay_out
from watchtower.values import Mutable, field

_SHOWN = 50
"""Problems of one file that are shown; the rest is counted."""
_TOLERANCE = 0.1
"""Polls jitter: a spacing this near to `every` is `every`."""
_JUMP = 366 * 86400.0
_MILLISECONDS = 1e11
_CERTAIN = 50
"""So many rises to one fall are no chance."""


class Samples(Mutable):
    """All rows of one series in time order. `cells` holds one list a column, `special` likewise (outcome, reason, duration).

    `interval` is the spacing of its polls in seconds: the check's `every`, or the file's own median.
    """

    check: str
    series: str
    file: str
    interval: float
    main: str = ""
    times: array[float] = field(default_factory=lambda: array("d"))
    cells: dict[str, list[Value]] = field(default_factory=dict)
    special: dict[str, list[Value]] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.check}[{self.series}]" if self.series else self.check


def read(path: Path, check: Check, series: str = "") -> tuple[Samples, list[Problem]]:
    """Returns the samples, and all errors of the file."""
    faults = _Faults(str(path))
    samples = Samples(check.name, series, str(path), check.every)
    try:
        with path.open("rb") as raw:
            zipped = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            binary = gzip.GzipFile(fileobj=raw) if zipped else raw
            with io.TextIOWrapper(binary, encoding="utf-8-sig", newline="") as text:
                _rows(text, check, samples, faults)
    except UnicodeDecodeError:
        faults.add(1, "is not UTF-8 text", "save it in UTF-8")
    except EOFError:
        faults.add(1, "is cut off: the gzip data end too early")
    except csv.Error as error:
        faults.add(1, f"is not CSV: {error}")
    except OSError as error:
        faults.add(1, f"cannot be read: {(error.strerror or str(error)).lower()}")
    if not faults.found and not samples.times:
        faults.add(1, "has no rows", "a header `time,value` and one row a poll")
    if counts_up(samples):
        what = "requests only ever rise: these are totals of a counter, not what came between two polls"
        faults.add(2, what, "write the difference from row to row")
    samples.interval = _interval(samples.times, check.every)
    return samples, faults.all()


def counts_up(samples: Samples) -> bool:
    """Whether `requests` are totals of a counter. Counts fall about as often as they rise; a counter only when its
    service starts anew."""
    counted = [one for one in samples.cells.get("requests", ()) if isinstance(one, float)]
    rises = sum(a < b for a, b in itertools.pairwise(counted))
    falls = sum(a > b for a, b in itertools.pairwise(counted))
    return rises >= _CERTAIN and falls * _CERTAIN <= rises


def _rows(text: Iterable[str], check: Check, samples: Samples, faults: _Faults) -> None:
    reader = csv.reader(text)
    header = next(reader, None)
    layout, wrong = lay_out(header or [], check)
    if layout is None:
        for what, hint in wrong:
            faults.add(1, what, hint)
        return
    samples.main, samples.ignored = layout.main, layout.ignored
    samples.cells = {c.name: [] for c in layout.measurements}
    samples.special = {c.name: [] for c in layout.special}
    columns = [(c.index, c.name, c.read, samples.cells[c.name].append) for c in layout.measurements]
    columns += [(c.index, c.name, c.read, samples.special[c.name].append) for c in layout.special]
    zone = _zone_of(check)
    previous, times, when = -math.inf, samples.times, layout.time
    for row in reader:
        if len(row) != layout.width:
            if row:
                faults.add(reader.line_num, f"has {len(row)} cells, the header has {layout.width}")
            continue
        try:
            at = float(row[when])
        except ValueError:
            at = _written(row[when], zone)
        if not (previous < at < _MILLISECONDS and (at - previous <= _JUMP or not times)):
            _bad_time(at, previous, row[when], reader.line_num, faults)
            continue
        previous = at
        times.append(at)
        for index, name, convert, append in columns:
            try:
                append(convert(row[index].strip()))
            except ValueError as error:
                append(None)
                faults.add(reader.line_num, f"{name}: {error}")


def _zone_of(check: Check) -> ZoneInfo | None:
    """The flow's own zone, where one is declared."""
    declared = "zone" in getattr(check.detect, "model_fields_set", ())
    return ZoneInfo(check.detect.zone) if declared else None


def _written(cell: str, zone: ZoneInfo | None) -> float:
    """A time in ISO 8601, in epoch seconds; not a number where it is none, or has neither an offset nor a zone."""
    try:
        moment = datetime.fromisoformat(cell.strip())
    except ValueError:
        return math.nan
    if moment.tzinfo is None and zone is None:
        return math.nan
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp()


def _bad_time(at: float, previous: float, cell: str, line: int, faults: _Faults) -> None:
    """Reports the error of a row's time."""
    if not math.isfinite(at):
        faults.add(
            line,
            f'time: "{cell}" is neither epoch seconds nor a time with its offset',
            "such as 807302530.5 or 2026-11-01T09:00:00+08:00; no offset is needed where the check's detect has a zone",
        )
    elif at >= _MILLISECONDS:
        faults.add(
            line, f"time: {cell} is too large for seconds", "these look like milliseconds: divide by 1000"
        )
    elif at == previous:
        faults.add(line, f"time: {cell} stands twice", "one row a poll; several series go into a file each")
    elif at < previous:
        faults.add(
            line, f"time: {cell} is earlier than the row before ({previous:.15g})", "sort the file by time"
        )
    else:
        faults.add(line, f"time: {cell} is more than a year after the row before", "is it in epoch seconds?")


def _interval(times: array[float], every: float) -> float:
    if len(times) < 3:
        return every
    spacing = statistics.median(b - a for a, b in itertools.pairwise(times))
    return every if abs(spacing - every) <= _TOLERANCE * every else float(spacing)


class _Faults(Mutable):
    file: str
    found: list[Problem] = field(default_factory=list)
    more: int = 0

    def add(self, line: int, what: str, hint: str = "") -> None:
        if len(self.found) < _SHOWN:
            self.found.append(Problem(self.file, line, "", what, hint))
        else:
            self.more += 1

    def all(self) -> list[Problem]:
        if not self.more:
            return self.found
        last = self.found[-1].line
        return [*self.found, Problem(self.file, last, "", f"and {self.more} more problems after this line")]
