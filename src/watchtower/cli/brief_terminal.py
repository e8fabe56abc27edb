"""A brief on a terminal: as many lines as fit, with the section's name at the left."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from watchtower.brief.screen import HEIGHT, TALLEST, WIDTH, cells, cut
from watchtower.brief.sheet import Row, Sheet

NAMES, GAP, ABOVE, BELOW = 24, 2, 3, 1
"""Widest column of names, its distance, lines of the headline, and the line of the prompt."""
_TONES = {"good": "green", "warn": "yellow", "bad": "bold red", "soft": "dim"}
_LEVELS = {"P0": "bold white on red", "P1": "bold red", "P2": "yellow", "P3": "cyan", "P4": "dim"}


def show(sheet: Sheet, everything: bool = False, console: Console | None = None) -> None:
    """Prints the brief. Output that is no terminal counts as one of 100 by 40."""
    console = console or Console(highlight=False, soft_wrap=False)
    if not console.is_terminal:
        console.width = WIDTH
    height = console.height if console.is_terminal else HEIGHT
    names = min(NAMES, max((cells(b.title) for b in sheet.blocks), default=0))
    width = max(20, console.width - names - GAP)
    for line in _fitting(sheet, names, width, 0 if everything else height - BELOW):
        console.print(line, no_wrap=True, overflow="ellipsis", crop=True)


def _fitting(sheet: Sheet, names: int, width: int, height: int) -> list[Text]:
    """At most `height` lines (0: all). Where words break is known only once they are laid out, so it may take a
    second try."""
    if not height:
        return printed(sheet, names, width, everything=True)
    budget = height - ABOVE
    while True:
        lines = printed(cut(sheet, budget, width), names, width)
        if len(lines) <= height or budget <= 1:
            return lines[:height]
        budget -= len(lines) - height


def printed(sheet: Sheet, names: int, width: int, everything: bool = False) -> list[Text]:
    """Lines of at most `names` + GAP + `width` cells."""
    level, _, title = sheet.title.partition(" ")
    total = names + GAP + width
    head = Text.assemble((f" {level} ", _LEVELS.get(level, "")), " ", (title, "bold"), overflow="ellipsis")
    facts = Text(" · ".join((*sheet.facts, sheet.as_of)), "dim")
    out = [head, *_wrapped(facts, total, ABOVE - 1)]
    for block in sheet.blocks:
        most = len(block.rows) * 1000 if everything else TALLEST
        lines = [line for row in block.rows for line in _wrapped(_row(row), width, most)]
        for index, line in enumerate(lines):
            name = Text(block.title, "bold cyan") if index == 0 else Text("")
            if index == 1 and block.folded:
                name = Text(f"+{block.folded}", "dim")
            elif index == 0 and block.folded and len(lines) == 1:
                name = Text.assemble((block.title, "bold cyan"), (f" +{block.folded}", "dim"))
            name.truncate(names, overflow="ellipsis", pad=True)
            out.append(Text.assemble(name, " " * GAP, line))
    return out


def _row(row: Row) -> Text:
    label = Text(f"{row.label}  ", "dim") if row.label else Text("")
    return Text.assemble(label, (row.text, _TONES.get(row.tone, "")))


def _wrapped(text: Text, width: int, most: int) -> list[Text]:
    """At most so many lines; the last says by its ellipsis that there was more."""
    console = Console(width=width)
    lines = list(text.wrap(console, width))
    if len(lines) > most:
        rest = Text(" ").join(lines[most - 1 :])
        rest.truncate(width, overflow="ellipsis")
        lines = [*lines[: most - 1], rest]
    for line in lines:
        line.rstrip()
    return lines
