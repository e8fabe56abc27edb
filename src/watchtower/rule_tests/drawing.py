"""The course of a test in characters, one a minute, so that a person sees what came when.

checks   # measured something   0 measured only zeros   - up   x down   ? unknown   _ no data
alerts   p pending   F firing
pages    how many in that minute; a: acknowledged
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from watchtower.model import AlertState, Outcome, Reading
from watchtower.rule_tests.expectations import span
from watchtower.rule_tests.play import RuleTestRun

_SCALES = (60.0, 10.0, 1.0)
"""Seconds a character: a minute, and less where a test is short."""
_LEAST = 12
_WIDTH = 80
LEGEND = "# measured  0 zero  - up  x down  ? unknown  _ no data  p pending  F firing"


def draw(course: RuleTestRun, moment: float) -> list[str]:
    """Draws lines of text around `moment` (seconds from the start), which is marked."""
    lasts = course.test.lasts
    unit = next((one for one in _SCALES if lasts / one >= _LEAST), _SCALES[-1])
    cells = max(1, round(lasts / unit + 0.499))
    first = max(0, min(int(moment / unit) - _WIDTH // 2, cells - _WIDTH))
    columns = range(first, min(cells, first + _WIDTH))
    rows = [
        (_name(check, series), _polls(polls, columns, unit))
        for (check, series), polls in course.polls.items()
    ]
    alerts = dict.fromkeys((s.rule, s.check, s.series) for s in course.spells)
    rows += [(key[0], _spells(course, key, columns, unit)) for key in alerts]
    rows.append(("pages", _pages(course, columns, unit)))
    margin = max(len(name) for name, _ in rows)
    marked = min(_column(moment, unit) - first, len(columns) - 1)
    lines = [f"{'':<{margin}}  {_scale(columns, unit)}"]
    lines += [f"{name:<{margin}}  {cells}".rstrip() for name, cells in rows]
    lines.append(f"{'':<{margin}}  {' ' * marked}^ {span(moment)}")
    return lines


def _column(at: float, unit: float) -> int:
    """The column of a moment. It belongs to the stretch that ends with it, as a poll does."""
    return max(0, int((at - 1e-6) / unit))


def _scale(columns: range, unit: float) -> str:
    """A time at every tenth character."""
    out = ""
    for n in columns:
        if not n % 10 and len(out) <= n - columns.start:
            out = out.ljust(n - columns.start) + span(n * unit)
    return out


def _polls(polls: Sequence[tuple[float, Reading]], columns: range, unit: float) -> str:
    out = dict.fromkeys(columns, "")
    for at, reading in polls:
        n = _column(at, unit)
        if n in out:
            out[n] += _letter(reading)
    # The worst of the minute stands for it; zeros only when there is nothing else.
    return "".join(next((c for c in "x?_#-0" if c in seen), " ") for seen in out.values())


def _letter(reading: Reading) -> str:
    if reading.outcome is Outcome.DOWN:
        return "x"
    if reading.outcome is Outcome.UNKNOWN:
        return "_" if reading.reason == "absent" else "?"
    numbers = [v for v in reading.measurements.values() if isinstance(v, float)]
    if not numbers:
        return "-"
    return "#" if any(numbers) else "0"


def _spells(course: RuleTestRun, key: tuple[str, str, str], columns: range, unit: float) -> str:
    mine = [s for s in course.spells if (s.rule, s.check, s.series) == key]
    out = ""
    for n in columns:
        states = {
            s.state for s in mine if _column(s.begin, unit) <= n and (s.end is None or s.end > n * unit)
        }
        out += "F" if AlertState.FIRING in states else "p" if AlertState.PENDING in states else "."
    return out


def _pages(course: RuleTestRun, columns: range, unit: float) -> str:
    sent = _counted((one.at for one in course.sent), unit)
    acknowledged = _counted((at for at, _ in course.acknowledged), unit)
    return "".join(
        "a"
        if n in acknowledged
        else f"{sent[n]}"[-1]
        if n in sent and sent[n] < 10
        else "+"
        if n in sent
        else "."
        for n in columns
    )


def _counted(moments: Iterable[float], unit: float) -> dict[int, int]:
    out: dict[int, int] = {}
    for at in moments:
        out[_column(at, unit)] = out.get(_column(at, unit), 0) + 1
    return out


def _name(check: str, series: str) -> str:
    return f"{check}[{series}]" if series else check
