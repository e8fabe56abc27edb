"""One picture: delay against the limit, and what a silence cost before the page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.detection.limit import Result
from benchmarks.detection.windows import AIM, Row


def draw(results: Sequence[Result], rows: Sequence[Row], file: Path) -> None:
    """Writes a PNG."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 5), layout="constrained")
    left, right = figure.subplots(1, 2)
    for result in results:
        ratios = np.sort(result.ratios)
        share = np.arange(1, len(ratios) + 1) / len(ratios)
        label = f"{result.case.name}, {result.per_minute:.1f}/min, {result.case.false_pages}"
        left.plot(ratios, share, drawstyle="steps-post", label=label)
    left.set(
        xlim=(0.8, 3.0), xlabel="delay / the oracle's", ylabel="share of outages", title="Against the limit"
    )
    left.legend(fontsize=7)
    for row in rows:
        lost = np.sort(row.lost_with_missed)
        right.plot(
            lost,
            np.arange(1, len(lost) + 1),
            drawstyle="steps-post",
            label=f"{row.name} ({row.alerts} alerts)",
        )
    right.axvline(AIM, color="grey", linestyle=":")
    right.set(
        xscale="log",
        xlabel="requests lost before the page (all, where none came)",
        ylabel="big silences",
        title="Real trace",
    )
    right.legend(fontsize=7)
    figure.savefig(file, dpi=120)
