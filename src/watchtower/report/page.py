"""The report as HTML: a body that the daemon's pages take in, and a page of its own to mail or to keep."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from watchtower.model import Language
from watchtower.report import charts, rows
from watchtower.report.month import MonthReport

_STYLE = """
:root { color-scheme: light dark; --line: #d9dde3; --soft: #5b6571; --warn: #9a5b00; }
@media (prefers-color-scheme: dark) { :root { --line: #2b313a; --soft: #9aa5b1; --warn: #f0a646; } }
body { font: 15px/1.45 system-ui, "PingFang SC", "Noto Sans CJK SC", "Microsoft YaHei", sans-serif;
  max-width: 60rem; margin: 1.5rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; margin: 0; } h2 { font-size: 1rem; margin: 1.6rem 0 .5rem; }
.report table { border-collapse: collapse; width: 100%; font-size: .88rem; font-variant-numeric: tabular-nums; }
.report th { text-align: left; font-weight: 400; color: var(--soft); }
.report th, .report td { padding: .25rem .9rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
.report p, .report .soft { color: var(--soft); } .report .wide { overflow-x: auto; } .report svg { max-width: 46rem; }
.report li { color: var(--warn); }
"""


def page(made: MonthReport, language: Language) -> str:
    """The whole page, without script and with nothing from elsewhere; ends with a newline."""
    lang = "zh-CN" if language is Language.ZH else "en"
    title = escape(rows.heading(made, language))
    return (
        f'<!doctype html>\n<html lang="{lang}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head>\n<body>{body(made, language)}</body></html>\n"
    )


def body(made: MonthReport, language: Language, links: str | None = None) -> str:
    """Everything below the page's own head. With `links` the incidents lead to their reviews, below that path."""
    say, it = language, made.figures
    out = [
        f'<div class="report"><h1>{escape(rows.heading(made, say))}</h1><p>{escape(rows.counts(made, say))}</p>'
    ]
    if not made.incidents:
        return "".join([*out, f"<p>{escape(rows.NONE.in_(say))}</p></div>\n"])
    days = [
        (str(number) if number == 1 or number % 5 == 0 else "", levels)
        for number, levels in enumerate(made.days, 1)
    ]
    months = [(point.month, point.levels) for point in made.trend]
    medians = [(p.month, p.mitigate.median, rows.short(p.mitigate.median)) for p in made.trend]
    out += [
        _part(rows.BY_DAY.in_(say), charts.stacks(days, rows.BY_DAY.in_(say))),
        _part(rows.ONE_FIVE_TEN.in_(say), _bars(rows.attained(it, say), rows.ONE_FIVE_TEN.in_(say))),
        _part(rows.TIMES_TITLE.in_(say), _table(*rows.times(it, say))),
    ]
    if len(made.trend) > 1:
        median = rows.MEDIAN_MITIGATE.in_(say)
        out += [
            _part(rows.TREND.in_(say), charts.stacks(months, rows.TREND.in_(say), height=120)),
            f"<p>{escape(median)} ({rows.MINUTES.in_(say)})</p>{charts.line(medians, median)}",
        ]
    seen = [(row.label, row.value, row.share, charts.PLAIN) for row in rows.sources(it, say)]
    out += [
        _part(rows.SEEN_BY.in_(say), charts.bars(seen, rows.SEEN_BY.in_(say))),
        _part(rows.FIGURES.in_(say), _bars(rows.others(it, say), rows.FIGURES.in_(say))),
    ]
    for title, lines in ((rows.REPEATS, rows.repeats(it)), (rows.OVERDUE, list(it.overdue))):
        if lines:
            out.append(
                _part(title.in_(say), f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>")
            )
    out.append(_part(rows.LIST.in_(say), _listed(made, say, links)))
    if made.unlisted:
        out.append(f"<p>{escape(rows.UNLISTED.in_(say).format(made.unlisted))}</p>")
    return "\n".join([*out, "</div>\n"])


def _part(title: str, inner: str) -> str:
    return f"<h2>{escape(title)}</h2>\n{inner}"


def _bars(found: Sequence[rows.FigureRow], title: str) -> str:
    told = [(row.label, row.value, row.share, charts.BAD if row.bad else charts.GOOD) for row in found]
    return charts.bars(told, title)


def _table(heads: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in heads)
    rest = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in line)}</tr>" for line in lines)
    return f'<div class="wide"><table><tr>{head}</tr>{rest}</table></div>'


def _listed(made: MonthReport, language: Language, links: str | None) -> str:
    heads, lines = rows.listed(made, language)
    head = "".join(f"<th>{escape(cell)}</th>" for cell in heads)
    out = []
    for one, line in zip(made.incidents, lines, strict=True):
        cells = [escape(cell) for cell in line]
        if links is not None:
            cells[1] = f'<a href="{escape(links)}/incidents/{escape(one.incident)}/review">{cells[1]}</a>'
        soft = "" if one.counts else ' class="soft"'
        out.append(f"<tr{soft}>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>")
    return f'<div class="wide"><table><tr>{head}</tr>{"".join(out)}</table></div>'
