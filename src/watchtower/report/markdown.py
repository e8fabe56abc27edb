"""The report as Markdown."""

from __future__ import annotations

from watchtower.model import Language
from watchtower.report import rows
from watchtower.report.month import MonthReport


def markdown(made: MonthReport, language: Language) -> str:
    """Headings, tables and bars of signs; ends with a newline."""
    it, say = made.figures, language
    out = [f"# {rows.heading(made, say)}", "", rows.counts(made, say)]
    if not made.incidents:
        return "\n".join([*out, "", rows.NONE.in_(say), ""])
    out += [
        "",
        f"## {rows.ONE_FIVE_TEN.in_(say)}",
        "",
        rows.table(["", "", ""], [[r.label, bar(r.share), r.value] for r in rows.attained(it, say)]),
    ]
    out += ["", f"## {rows.TIMES_TITLE.in_(say)}", "", rows.table(*rows.times(it, say))]
    out += [
        "",
        f"## {rows.SEEN_BY.in_(say)}",
        "",
        rows.table(["", "", ""], [[r.label, bar(r.share), r.value] for r in rows.sources(it, say)]),
    ]
    out += [
        "",
        f"## {rows.FIGURES.in_(say)}",
        "",
        rows.table(["", "", ""], [[r.label, bar(r.share), r.value] for r in rows.others(it, say)]),
    ]
    for title, lines in ((rows.REPEATS, rows.repeats(it)), (rows.OVERDUE, list(it.overdue))):
        if lines:
            out += ["", f"## {title.in_(say)}", "", *(f"- {line}" for line in lines)]
    out += ["", f"## {rows.LIST.in_(say)}", "", rows.table(*rows.listed(made, say))]
    if made.unlisted:
        out += ["", rows.UNLISTED.in_(say).format(made.unlisted)]
    return "\n".join(out) + "\n"


def bar(share: float | None, width: int = 20) -> str:
    """`█████████▌··········` of a share; empty of none."""
    if share is None:
        return ""
    halves = round(max(0.0, min(1.0, share)) * width * 2)
    full, half = divmod(halves, 2)
    return "█" * full + "▌" * half + "·" * (width - full - half)
