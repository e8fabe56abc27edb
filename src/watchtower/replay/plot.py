"""The picture of a backtest: the curve of each series, alerts shaded, pages as marks. Needs matplotlib."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from watchtower.model import Instant, Severity
from watchtower.pictures import matplotlib, save
from watchtower.replay.records import Record
from watchtower.replay.samples import Samples

COLOURS = {"P0": "#b91c1c", "P1": "#ea580c", "P2": "#ca8a04", "P3": "#0891b2", "P4": "#64748b"}
CURVE, GRID, INK = "#1d4ed8", "#e5e7eb", "#111827"
_POINTS = 1600
"""A picture has no more columns than this: longer curves are drawn by the mean and the range of each."""


def draw(
    samples: Sequence[Samples], records: Iterable[Record], span: tuple[Instant, Instant], file: Path
) -> None:
    """Writes the picture to `file`."""
    library = matplotlib()
    from matplotlib import pyplot

    records = list(records)
    with library.rc_context({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}):
        size = (13, 1.2 + 2.6 * len(samples))
        figure, axes = pyplot.subplots(
            len(samples), 1, sharex=True, squeeze=False, figsize=size, layout="constrained"
        )
        for axis, one in zip(axes[:, 0], samples, strict=True):
            _curve(axis, one, span)
            mine = [r for r in records if r["check"] == one.check and r["series"] == one.series]
            _alerts(axis, mine, span[1])
            _pages(axis, mine)
        axes[0, 0].set_title("What these rules would have done", loc="left", fontweight="bold", color=INK)
        axes[-1, 0].set_xlabel("UTC")
        _legend(figure, records)
        save(figure, file)


def when(at: Instant) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def thinned(times: Sequence[float], values: Sequence[Any], interval: float, points: int = _POINTS) -> Any:
    """Times, means, lows and highs for at most `points` columns; gaps and unknown values are NaN."""
    if not times:
        return [], [], [], []
    step = max(interval, (times[-1] - times[0]) / points)
    bins: dict[int, list[float]] = {}
    for at, value in zip(times, values, strict=True):
        if isinstance(value, (int, float)):
            bins.setdefault(int((at - times[0]) // step), []).append(float(value))
    out: tuple[list[float], ...] = ([], [], [], [])
    for index in range(int((times[-1] - times[0]) // step) + 1):
        here = bins.get(index, [])
        row = (sum(here) / len(here), min(here), max(here)) if here else (math.nan,) * 3
        for column, value in zip(out, (times[0] + index * step, *row), strict=True):
            column.append(value)
    return out


def _curve(axis: Any, samples: Samples, span: tuple[Instant, Instant]) -> None:
    name = samples.main or next(iter(samples.cells), "")
    chosen = [i for i, at in enumerate(samples.times) if span[0] <= at <= span[1]]
    column = samples.cells.get(name, [])
    values = [column[i] for i in chosen] if column else []
    times, means, lows, highs = thinned(
        [samples.times[i] for i in chosen] if values else [], values, samples.interval
    )
    moments = [when(at) for at in times]
    axis.fill_between(moments, lows, highs, color=CURVE, alpha=0.15, linewidth=0)
    axis.plot(moments, means, color=CURVE, linewidth=1)
    axis.set_ylabel(f"{samples.name}\n{name}", color=INK)
    axis.set_xlim(when(span[0]), when(span[1] if span[1] > span[0] else span[0] + 1))
    axis.grid(axis="y", color=GRID)


def _alerts(axis: Any, records: Sequence[Record], end: Instant) -> None:
    open_since: dict[str, Record] = {}
    for record in records:
        if record["event"] == "alert_firing":
            open_since[record["rule"]] = record
        elif record["event"] == "alert_resolved" and record["rule"] in open_since:
            _shade(axis, open_since.pop(record["rule"]), record["at"])
    for record in open_since.values():
        _shade(axis, record, end)


def _shade(axis: Any, record: Record, until: Instant) -> None:
    axis.axvspan(when(record["at"]), when(until), color=COLOURS[record["severity"]], alpha=0.2, linewidth=0)
    axis.axvline(when(record["at"]), color=COLOURS[record["severity"]], linewidth=0.8)


def _pages(axis: Any, records: Sequence[Record]) -> None:
    pages = [r for r in records if r["event"].startswith("page_")]
    for severity in {r["severity"] for r in pages}:
        at = [when(r["at"]) for r in pages if r["severity"] == severity]
        axis.plot(
            at,
            [1.0] * len(at),
            "v",
            color=COLOURS[severity],
            transform=axis.get_xaxis_transform(),
            clip_on=False,
        )


def _legend(figure: Any, records: Sequence[Record]) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    used = [s for s in map(str, Severity) if any(r["severity"] == s for r in records)]
    handles: list[Any] = [Patch(color=COLOURS[s], alpha=0.4, label=f"{s} alert") for s in used]
    if any(r["event"].startswith("page_") for r in records):
        handles.append(Line2D([], [], marker="v", linestyle="", color=INK, label="page"))
    if handles:
        figure.legend(handles=handles, loc="outside upper right", ncols=len(handles), frameon=False)
