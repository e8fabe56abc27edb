"""The report as a picture, for a slide or a chat. Needs matplotlib."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from watchtower.model import Language, Severity
from watchtower.pictures import chinese_fonts, matplotlib, save
from watchtower.report import rows
from watchtower.report.charts import BAD, COLOURS, GOOD, PLAIN
from watchtower.report.month import MonthReport


def draw(made: MonthReport, language: Language, file: Path) -> None:
    """Write the picture: days, 1-5-10, six months, and by what incidents were seen."""
    library = matplotlib()
    from matplotlib import pyplot

    fonts = chinese_fonts()[:1] if language is Language.ZH else []
    say = language if fonts else Language.EN  # without a Chinese font its signs would be empty boxes
    settings = {"font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "svg.fonttype": "none"}
    with library.rc_context(settings | ({"font.family": [*fonts, "DejaVu Sans"]} if fonts else {})):
        figure, axes = pyplot.subplots(2, 2, figsize=(13, 7), layout="constrained")
        figure.suptitle(
            f"{rows.heading(made, say)}\n{rows.counts(made, say)}", x=0.01, ha="left", fontweight="bold"
        )
        _stacks(
            axes[0, 0], [str(n) for n in range(1, len(made.days) + 1)], list(made.days), rows.BY_DAY.in_(say)
        )
        _bars(axes[0, 1], rows.attained(made.figures, say), rows.ONE_FIVE_TEN.in_(say))
        _stacks(
            axes[1, 0], [p.month for p in made.trend], [p.levels for p in made.trend], rows.TREND.in_(say)
        )
        _bars(axes[1, 1], rows.others(made.figures, say), rows.FIGURES.in_(say))
        save(figure, file)


def _stacks(axis: Any, labels: list[str], columns: list[Any], title: str) -> None:
    below = [0] * len(columns)
    for level in Severity:
        counts = [column.get(str(level), 0) for column in columns]
        if any(counts):
            axis.bar(labels, counts, bottom=below, color=COLOURS[level], label=str(level), width=0.8)
            below = [a + b for a, b in zip(below, counts, strict=True)]
    axis.set_title(title, loc="left", fontweight="bold")
    axis.yaxis.get_major_locator().set_params(integer=True)
    if len(labels) > 12:
        axis.set_xticks([label for label in labels if label == "1" or int(label) % 5 == 0])
    if any(below):
        axis.legend(frameon=False, ncols=5, loc="upper right")
        axis.set_ylim(0, max(below) * 1.25)


def _bars(axis: Any, found: list[rows.FigureRow], title: str) -> None:
    shown = [row for row in found if row.share is not None][::-1]
    colours = [BAD if row.bad else GOOD for row in shown] or [PLAIN]
    shares = [row.share or 0.0 for row in shown]
    axis.barh([row.label for row in shown], shares, color=colours, height=0.65)
    for place, row in enumerate(shown):
        axis.text(min(1.0, row.share or 0.0) + 0.01, place, row.value, va="center")
    axis.set_xlim(0, 1.2)
    axis.set_xticks([0, 0.5, 1], ["0 %", "50 %", "100 %"])
    axis.set_title(title, loc="left", fontweight="bold")
