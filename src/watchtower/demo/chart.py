"""A filled curve of braille dots: two columns and four rows of them in a character."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from rich.text import Text

from watchtower.model import Instant, Severity

_LEFT = (0x40, 0x04, 0x02, 0x01)
_RIGHT = (0x80, 0x20, 0x10, 0x08)
CURVE = "#60a5fa"
SHADES = {Severity.P0: "on #7f1d1d", Severity.P1: "on #7c2d12", None: ""}
MARKS = {
    Severity.P0: "bold white on #dc2626",
    Severity.P1: "bold white on #ea580c",
    None: "bold black on #22c55e",
}


def braille(values: Sequence[float | None], height: int, top: float) -> list[str]:
    """`height` lines, the upper one first, for values from 0 to `top`; two values a character, None is blank.

    A value above zero shows at least one dot, zero shows none.
    """
    cells = [[0] * ((len(values) + 1) // 2) for _ in range(height)]
    for index, value in enumerate(values):
        if not value or value <= 0:
            continue
        dots = min(4 * height, max(1, math.ceil(value / top * 4 * height))) if top > 0 else 1
        bits = _RIGHT if index % 2 else _LEFT
        for dot in range(dots):
            cells[height - 1 - dot // 4][index // 2] |= bits[dot % 4]
    return ["".join(chr(0x2800 + cell) for cell in line) for line in cells]


def buckets(
    values_between: Callable[[Instant, Instant], Sequence[float]],
    start: Instant,
    end: Instant,
    count: int,
    now: Instant,
) -> list[float | None]:
    """Means of `count` equal stretches from `start` to `end`; None where nothing was measured or it is still to come."""
    step, out = (end - start) / count, list[float | None]()
    for index in range(count):
        since, until = start + index * step, min(start + (index + 1) * step, now)
        rows = values_between(since, until) if since < until else ()
        out.append(sum(rows) / len(rows) if rows else None)
    return out


def shaded(lines: Sequence[str], levels: Sequence[Severity | None]) -> Text:
    """The lines with each character's background by the severity that held there."""
    out = Text()
    for number, line in enumerate(lines):
        if number:
            out.append("\n")
        for character, level in zip(line, levels, strict=True):
            out.append(character, f"{CURVE} {SHADES.get(level, '')}")
    return out
