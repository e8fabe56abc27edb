"""How a timeline is written: `40x10m 0x30 _x12 20...`, one token for a run of polls.

    40        one poll that measured 40             -   up
    40x60     sixty of them                         x   down
    40x10m    as many as fit into ten minutes       ?   the probe failed: unknown
    10..40x6  six polls from 10 up to 40            _   no data
    40...     and so on until the end of the test   --xx??  letters stand for a poll each

Outcomes are written with the letters on the right, or with the words up, down and unknown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from enum import StrEnum

from watchtower.fields import format_duration, parse_duration
from watchtower.model import Outcome, Value
from watchtower.values import Frozen


class Gap(StrEnum):
    """A poll that measured nothing."""

    NO_DATA = "_"
    FAILED = "?"


Cell = Value | Gap | Outcome
LONGEST = 1_000_000
"""Polls of one line: more is a slip of the finger."""

_NUMBER = r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?"
_TIMES = r"(?:x(?P<times>[\w.]+?))?(?P<open>\.\.\.|…)?"
_VALUE = re.compile(rf"(?P<value>{_NUMBER}|[_?])(?:\.\.(?P<to>{_NUMBER}))?{_TIMES}")
_OUTCOME = re.compile(rf"(?P<value>up|down|unknown|[-x?_]){_TIMES}")
_LETTERS = re.compile(r"[-x?_]+")
_OUTCOMES: dict[str, Outcome | Gap] = {
    "up": Outcome.UP, "-": Outcome.UP, "down": Outcome.DOWN, "x": Outcome.DOWN,
    "unknown": Outcome.UNKNOWN, "?": Outcome.UNKNOWN, "_": Gap.NO_DATA,
}  # fmt: skip
_NUMBERS_HELP = "write value x count, such as 40x60 0x5m _x12 40..."
_OUTCOMES_HELP = 'write "up", or a letter a poll: - up, x down, ? unknown, such as -x30 xx??--'


class Strand(Frozen):
    """The polls of one measurement. `open`: the last one goes on to the end of the test."""

    cells: tuple[Cell, ...]
    open: bool = False

    def __getitem__(self, index: int) -> Cell:
        return self.cells[min(index, len(self.cells) - 1)]

    def __len__(self) -> int:
        return len(self.cells)


def numbers(text: str, every: float) -> Strand:
    """Parses a line of numbers, polled every `every` seconds. ValueError says which token is wrong, and how
    to write it."""
    return _strand(text.split(), every, _numbers, _NUMBERS_HELP)


def outcomes(text: str, every: float) -> Strand:
    """Parses a line of outcomes; a word alone holds for the whole test."""
    tokens = text.split()
    if len(tokens) == 1 and tokens[0] in ("up", "down", "unknown"):
        return Strand((_OUTCOMES[tokens[0]],), open=True)
    return _strand(tokens, every, _outcomes, _OUTCOMES_HELP)


Run = tuple[list[Cell], bool]


def _strand(
    tokens: Sequence[str], every: float, read: Callable[[str, float], Run | None], help: str
) -> Strand:
    if not tokens:
        raise ValueError(f"is empty: {help}")
    cells: list[Cell] = []
    goes_on = False
    for index, token in enumerate(tokens):
        run = read(token, every)
        if run is None:
            raise ValueError(f'"{token}" is no part of a timeline: {help}')
        found, on = run
        if on and index + 1 < len(tokens):
            raise ValueError(f'"{token}" goes on to the end, but "{tokens[index + 1]}" follows')
        cells += found
        goes_on = on
        if len(cells) > LONGEST:
            raise ValueError(f"has more than {LONGEST:,} polls")
    return Strand(tuple(cells), goes_on)


def _numbers(token: str, every: float) -> Run | None:
    found = _VALUE.fullmatch(token)
    if found is None:
        return None
    value, to = found["value"], found["to"]
    count = _count(found["times"], every)
    if value in ("_", "?"):
        return None if to else ([Gap(value)] * count, bool(found["open"]))
    first = float(value)
    if to is None:
        return [first] * count, bool(found["open"])
    step = (float(to) - first) / max(1, count - 1)
    ramp: list[Cell] = [round(first + step * n, 9) for n in range(count)]
    ramp[-1] = float(to)
    return ramp, bool(found["open"])


def _outcomes(token: str, every: float) -> Run | None:
    found = _OUTCOME.fullmatch(token)
    # `xx` are two letters; `xx30` is one of them thirty times.
    if found is not None and not _LETTERS.fullmatch(token):
        return [_OUTCOMES[found["value"]]] * _count(found["times"], every), bool(found["open"])
    return ([_OUTCOMES[letter] for letter in token], False) if _LETTERS.fullmatch(token) else None


def _count(text: str | None, every: float) -> int:
    """Polls of `60` or `10m`."""
    if text is None:
        return 1
    if text.isdecimal():
        count = int(text)
        if not 0 < count <= LONGEST:
            raise ValueError(f"x{text}: must be from 1 to {LONGEST:,}")
        return count
    span = parse_duration(text)
    count = round(span / every)
    if abs(count * every - span) > 1e-6 or count < 1:
        raise ValueError(f"x{text} is no whole number of polls: there is one every {format_duration(every)}")
    return min(count, LONGEST + 1)
