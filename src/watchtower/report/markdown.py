"""The report as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from watchtower.model import Language
from watchtower.report import rows
from watchtower.report.month import MonthReport


def markdown(made: MonthReport, language: Language) -> str:
    """Headings, tables and bars of signs; ends with a newline."""
    it, say = made.figures, language
    out = [f"# {rows.heading(made, say)}", "", rows.counts(made, say)]
    if not made.incidents:
        return "\n".join([*out, "", rows.NONE.in_(say), ""])
    for title, body in (
        (rows.ONE_FIVE_TEN, _bars(rows.attained(it, say))),
        (rows.TIMES_TITLE, rows.table(*rows.times(it, say))),
        (rows.SEEN_BY, _bars(rows.sources(it, say))),
        (rows.FIGURES, _bars(rows.others(it, say))),
        (rows.REPEATS, "\n".join(f"- {line}" for line in rows.repeats(it))),
        (rows.OVERDUE, "\n".join(f"- {line}" for line in it.overdue)),
        (rows.LIST, rows.table(*rows.listed(made, say))),
    ):
        if body:
            out += ["", f"## {title.in_(say)}", "", body]
    if made.unlisted:
        out += ["", rows.UNLISTED.in_(say).format(made.unlisted)]
    if made.root:
        out += ["", rows.root(made, say)]
    return "\n".join(out) + "\n"


def _bars(found: Sequence[rows.FigureRow]) -> str:
    return rows.table(["", "", ""], [[row.label, bar(row.share), row.value] for row in found])


def bar(share: float | None, width: int = 20) -> str:
    """`█████████▌··········` of a share; empty of none."""
    if share is None:
        return ""
    halves = round(max(0.0, min(1.0, share)) * width * 2)
    full, half = divmod(halves, 2)
    return "█" * full + "▌" * half + "·" * (width - full - half)
