"""The picture of the business scenarios: seconds to the page beside the oracle's, and false pages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.detection.judge import Verdict
from benchmarks.detection.scenarios import SCENARIOS


def draw(verdicts: Sequence[Verdict], file: Path) -> None:
    """Writes a PNG. A scenario is a line; a ring is the oracle's median, a dot an outage that was seen, and a cross
    at the right edge one that was not."""
    from matplotlib.figure import Figure

    lines = np.arange(len(verdicts))[::-1]
    figure = Figure(figsize=(13, 1.5 + 0.2 * len(verdicts)), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=[2, 1], sharey=True)
    missed_at = 1.5 * max((f.seconds for v in verdicts for f in v.found), default=1.0)
    for y, verdict in zip(lines, verdicts, strict=True):
        seconds = [f.seconds for f in verdict.found]
        left.scatter(seconds, [y] * len(seconds), s=9, color="tab:blue", alpha=0.6, linewidths=0)
        missed = verdict.outages - len(seconds)
        if missed:
            left.scatter([missed_at], [y], s=18, color="tab:red", marker="x")
            left.annotate(str(missed), (missed_at * 1.15, y), fontsize=6, va="center", color="tab:red")
        best = [one for one in verdict.oracle if one is not None]
        if best:
            left.scatter([np.median(best)], [y], s=30, facecolors="none", edgecolors="black")
        aims = SCENARIOS[verdict.name].aims
        right.plot(
            [0, aims.first + aims.later], [y, y], color="lightgrey", linewidth=5, solid_capstyle="butt"
        )
    early, later = [v.false_first for v in verdicts], [v.false_later for v in verdicts]
    right.barh(lines, early, height=0.5, color="tab:orange", label="two weeks")
    right.barh(lines, later, height=0.5, left=early, color="tab:red", label="later")
    left.set(xscale="log", xlabel="seconds until the page (ring: the oracle's median; x: not seen)")
    left.set_yticks(lines, [v.name for v in verdicts], fontsize=6)
    right.set(xscale="symlog", xlabel="false pages (grey: the aim)")
    right.legend(fontsize=7)
    for axes in (left, right):
        axes.grid(alpha=0.2)
        axes.set_ylim(-1, len(verdicts))
    figure.savefig(file, dpi=110)
