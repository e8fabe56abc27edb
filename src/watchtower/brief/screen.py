"""Cutting a brief to a screen: every section keeps what it must, the rest is a count."""

from __future__ import annotations

import unicodedata

from watchtower.brief.sheet import Block, Row, Sheet
from watchtower.values import replace

TALLEST = 2
"""Lines that one row may take; what is longer ends in an ellipsis."""
MOST = 8
"""Rows of one section that a screen shows, however much room there is: a brief is read, not searched."""
WIDTH, HEIGHT = 100, 40
"""Of a terminal that everybody has."""


def cut(sheet: Sheet, lines: int, width: int = 0) -> Sheet:
    """At most so many lines of sections, each `width` cells wide (0: a row is a line).

    Each section keeps what it must, then rows are dealt out in turn. Where even that is too much, sections from the
    last on give theirs, down to one row each, then altogether.
    """
    order = [b.rows for b in sheet.blocks]
    shown = [min(b.keep, len(b.rows)) for b in sheet.blocks]

    def used() -> int:
        return sum(height(row, width) for rows, n in zip(order, shown, strict=True) for row in rows[:n])

    for least in (1, 0):
        for index in reversed(range(len(shown))):
            while shown[index] > least and used() > lines:
                shown[index] -= 1
    left, dealt = lines - used(), True
    while dealt:
        dealt = False
        for index, rows in enumerate(order):
            n = shown[index]
            if 0 < n < min(len(rows), MOST) and height(rows[n], width) <= left:
                left -= height(rows[n], width)
                shown[index], dealt = n + 1, True
    blocks = (_cut(block, n) for block, n in zip(sheet.blocks, shown, strict=True) if n)
    return replace(sheet, blocks=tuple(blocks))


def _cut(block: Block, rows: int) -> Block:
    return replace(block, rows=block.rows[:rows], folded=block.folded + len(block.rows) - rows)


def height(row: Row, width: int) -> int:
    """Lines that a row takes where a line has so many cells."""
    return 1 if width <= 0 else max(1, min(TALLEST, -(-cells(row.whole) // width)))


def cells(text: str) -> int:
    """How wide it is on a terminal: Chinese characters take two cells."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
