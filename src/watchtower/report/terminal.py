"""The report on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from watchtower.model import Language, Severity
from watchtower.report import rows
from watchtower.report.markdown import bar
from watchtower.report.month import MonthReport

COLOURS = {"P0": "red", "P1": "dark_orange", "P2": "yellow", "P3": "cyan", "P4": "bright_black"}
_HEIGHT = 6
_WIDE = 130
"""Columns of what is no terminal."""


def show(made: MonthReport, language: Language, console: Console | None = None) -> None:
    """Print it: the days, 1-5-10, times, figures, the list."""
    console = console or Console(highlight=False)
    if not console.is_terminal:
        console.width = _WIDE
    say, it = language, made.figures
    console.print(Text(rows.heading(made, say), "bold"))
    console.print(Text(rows.counts(made, say), "dim"))
    if not made.incidents:
        console.print(rows.NONE.in_(say))
        return
    console.print(_title(rows.BY_DAY.in_(say)), days(made))
    if len(made.trend) > 1:
        console.print(_title(rows.TREND.in_(say)), _trend(made, say))
    for title, body in (
        (rows.ONE_FIVE_TEN, _bars(rows.attained(it, say), good=True)),
        (rows.TIMES_TITLE, _table(*rows.times(it, say))),
        (rows.SEEN_BY, _bars(rows.sources(it, say))),
        (rows.FIGURES, _bars(rows.others(it, say), good=True)),
    ):
        console.print(_title(title.in_(say)), body)
    for title, lines in ((rows.REPEATS, rows.repeats(it)), (rows.OVERDUE, list(it.overdue))):
        if lines:
            console.print(_title(title.in_(say)), *(Text(line, "yellow") for line in lines), sep="\n")
    console.print(_title(rows.LIST.in_(say)), _table(*rows.listed(made, say)))
    if made.unlisted:
        console.print(Text(rows.UNLISTED.in_(say).format(made.unlisted), "dim"))
    if made.root:
        console.print(Text(rows.root(made, say), "dim"))


def days(made: MonthReport) -> Group:
    """A column for each day, its worst level at the bottom."""
    stacks = [[str(level) for level in Severity for _ in range(day.get(str(level), 0))] for day in made.days]
    most = max((len(stack) for stack in stacks), default=0)
    unit = max(1, -(-most // _HEIGHT))
    lines = []
    for height in range(-(-most // unit), 0, -1):
        line = Text(f"{height * unit:4} ", "dim")
        for stack in stacks:
            at = (height - 1) * unit
            line.append("██" if len(stack) > at else "  ", COLOURS[stack[at]] if len(stack) > at else "")
            line.append(" ")
        lines.append(line)
    numbers = Text("     ", "dim")
    for day in range(1, len(stacks) + 1):
        numbers.append(f"{day:<3}" if day in (1, 5, 10, 15, 20, 25, len(stacks)) else "   ", "dim")
    return Group(*lines, numbers)


def _trend(made: MonthReport, language: Language) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    most = max((sum(point.levels.values()) for point in made.trend), default=0) or 1
    for point in made.trend:
        line = Text()
        for level, count in point.levels.items():
            line.append("█" * max(1, round(24 * count / most)), COLOURS[level])
        median = rows.span(point.mitigate.median, language)
        table.add_row(
            point.month,
            line,
            str(sum(point.levels.values())),
            Text(f"{rows.MEDIAN_MITIGATE.in_(language)} {median}", "dim"),
        )
    return table


def _title(text: str) -> Text:
    return Text(f"\n{text}", "bold cyan")


def _bars(found: Sequence[rows.FigureRow], good: bool = False) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    for row in found:
        colour = "yellow" if row.bad else "green" if good else "blue"
        table.add_row(row.label, Text(bar(row.share), colour), row.value)
    return table


def _table(heads: Sequence[str], lines: Sequence[Sequence[str]]) -> Table:
    table = Table(*heads, box=None, pad_edge=False, header_style="dim")
    for line in lines:
        table.add_row(*(Text(cell, COLOURS.get(cell, "")) for cell in line))
    return table
