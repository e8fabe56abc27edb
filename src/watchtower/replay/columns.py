"""The columns of a samples file: `value` is the check's main measurement, others have the names of
measurements."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from watchtower.core.expressions import suggest
from watchtower.core.plan.checks import BASE_FACTS, Check
from watchtower.detectors import DETECTORS
from watchtower.model import FactKind, Facts, Outcome, Value
from watchtower.values import Frozen

_MAIN = ("requests", "balance", "value")
_TRUTHS = {"true": True, "false": False, "1": True, "0": False}
_OUTCOMES = {str(o): str(o) for o in Outcome}
SPECIAL = ("outcome", "reason", "duration")
"""Columns that say how the poll went instead of what it measured."""


class Column(Frozen):
    """`read` turns a cell into a value (None: empty, unknown); ValueError says what is wrong with it."""

    index: int
    name: str
    read: Callable[[str], Value]


class Layout(Frozen):
    """The columns of one file. A poll without a value of `main` is unknown."""

    width: int
    time: int
    measurements: tuple[Column, ...]
    special: tuple[Column, ...]
    main: str
    ignored: tuple[str, ...]


def measurements_of(check: Check) -> Facts:
    """The measurements of the check's probe, without those of every check or of a detector."""
    derived = DETECTORS[check.detector].facts if check.detector in DETECTORS else {}
    return {n: fact for n, fact in check.facts.items() if n not in BASE_FACTS and n not in derived}


def main_measurement(check: Check) -> str:
    """`requests` for traffic, `balance` for balances, else the only number there is; empty when that is not clear."""
    known = measurements_of(check)
    asked = getattr(check.detect, "measurement", "")
    gauge = check.detector != "traffic" or getattr(check.settings, "type", "") == "gauge"
    first = ("value", *_MAIN) if gauge and not asked else (asked, *_MAIN)
    candidates = [name for name in first if name in known]
    if candidates:
        return str(candidates[0])
    numbers = [name for name, fact in known.items() if fact.kind is FactKind.NUMBER]
    return numbers[0] if len(numbers) == 1 else ""


def lay_out(header: Sequence[str], check: Check) -> tuple[Layout | None, list[tuple[str, str]]]:
    """The layout of this header, or everything that is wrong with it as (what, hint)."""
    faults: list[tuple[str, str]] = []
    names = [cell.strip() for cell in header]
    names = [
        name.lower() if name.lower() in ("time", "value") else name for name in names
    ]  # as Grafana writes it
    known, main = measurements_of(check), main_measurement(check)
    if "time" not in names:
        faults.append(
            (
                "the header has no column `time`",
                "separate the columns by commas"
                if len(names) == 1 and set(names[0]) & set(";\t")
                else "begin the file with `time,value` (time in epoch seconds, UTC)",
            )
        )
    twice = sorted({name for name in names if names.count(name) > 1})
    faults += [(f'the header names the column "{name}" twice', "") for name in twice]
    measured: list[Column] = []
    special: list[Column] = []
    ignored: list[str] = []
    for index, name in enumerate(names):
        if name == "time":
            continue
        if name in SPECIAL:
            special.append(Column(index, name, _special(name)))
            continue
        target = main if name == "value" and main else name
        if name == "value" and not main:
            hint = f"name the columns: {', '.join(sorted(known))}" if known else ""
            faults.append((f'`value` is not clear: check "{check.name}" measures several things', hint))
        elif target in known:
            if any(c.name == target for c in measured):
                faults.append((f'the header names the measurement "{target}" twice', ""))
            measured.append(Column(index, target, _reader(known[target].kind, target)))
        else:
            ignored.append(name)
    if not measured and not any(c.name == "outcome" for c in special) and not faults:
        hint = (
            suggest(ignored[0], dict(known), f'check "{check.name}"')
            if ignored
            else "begin with `time,value`"
        )
        faults.append((f'no column is a measurement of check "{check.name}"', hint))
    if faults:
        return None, faults
    main = main if any(c.name == main for c in measured) else ""
    return Layout(len(names), names.index("time"), tuple(measured), tuple(special), main, tuple(ignored)), []


def _reader(kind: FactKind, name: str) -> Callable[[str], Value]:
    if kind is FactKind.STRING:
        return lambda cell: cell or None
    if kind is FactKind.BOOL:
        return _truth
    return _count if name == "requests" else _number


def _special(name: str) -> Callable[[str], Value]:
    return {"outcome": _outcome, "duration": _number}.get(name, str)


def _number(cell: str) -> float | None:
    if not cell:
        return None
    try:
        value = float(cell)
    except ValueError:
        raise ValueError(f'"{cell}" is not a number') from None
    if math.isinf(value):
        raise ValueError(f'"{cell}" is not a finite number')
    return None if math.isnan(value) else value


def _count(cell: str) -> float | None:
    value = _number(cell)
    if value is not None and value < 0:
        raise ValueError(f'"{cell}" is negative, and requests are a count')
    return value


def _truth(cell: str) -> bool | None:
    if not cell:
        return None
    if cell.lower() not in _TRUTHS:
        raise ValueError(f'"{cell}" is neither true nor false')
    return _TRUTHS[cell.lower()]


def _outcome(cell: str) -> str | None:
    if cell and cell not in _OUTCOMES:
        raise ValueError(f'"{cell}" is no outcome: write up, down or unknown')
    return cell or None
