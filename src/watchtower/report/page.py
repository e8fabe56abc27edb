"""The report as HTML: what the daemon's page of a month is made from, and a page of its own to mail or to keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from watchtower.model import Language
from watchtower.report import charts, rows
from watchtower.report.month import MonthReport


def page(made: MonthReport, language: Language) -> str:
    """The whole page, without script and with nothing from elsewhere; ends with a newline."""
    from watchtower.templates import environment

    template = environment("watchtower.report").get_template("report_page.html")
    return (
        template.render(made=made, rows=rows, charts=charts_of(made, language), links=None, language=language)
        + "\n"
    )


def charts_of(made: MonthReport, language: Language) -> Mapping[str, Markup]:
    """The drawings that `report_body.html` has places for."""
    it = made.figures
    days = [
        (str(number) if number == 1 or number % 5 == 0 else "", levels)
        for number, levels in enumerate(made.days, 1)
    ]
    seen = [(row.label, row.value, row.share, charts.PLAIN) for row in rows.sources(it, language)]
    drawn = {
        "by_day": charts.stacks(days, rows.BY_DAY.in_(language)),
        "attained": _bars(rows.attained(it, language), rows.ONE_FIVE_TEN.in_(language)),
        "seen_by": charts.bars(seen, rows.SEEN_BY.in_(language)),
        "figures": _bars(rows.others(it, language), rows.FIGURES.in_(language)),
        "trend": Markup(),
    }
    if len(made.trend) > 1:
        months = [(point.month, point.levels) for point in made.trend]
        medians = [(p.month, p.mitigate.median, rows.short(p.mitigate.median)) for p in made.trend]
        drawn["trend"] = charts.stacks(months, rows.TREND.in_(language), height=120)
        drawn["median"] = charts.line(medians, rows.MEDIAN_MITIGATE.in_(language))
    return drawn


def _bars(found: Sequence[rows.FigureRow], title: str) -> Markup:
    told = [(row.label, row.value, row.share, charts.BAD if row.bad else charts.GOOD) for row in found]
    return charts.bars(told, title)
