"""The picture: how many of the checks that failed were told, second by second."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from benchmarks.why.pictures import BLUE, GREY, INK, RED, STYLE

COLOURS = (BLUE, GREY, RED)


@dataclass(frozen=True, slots=True)
class Curve:
    """Of one stack in one storm: the posts, each by its second after the failure and the checks that it told."""

    checks: int
    who: str
    posts: list[tuple[float, int]]


def picture(curves: list[Curve], file: Path) -> None:
    """A panel for each number of checks."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams.update(STYLE)  # type: ignore[arg-type]
    from matplotlib import pyplot

    counts = list(dict.fromkeys(curve.checks for curve in curves))
    figure, axes = pyplot.subplots(
        1, len(counts), figsize=(4 * len(counts), 3.4), sharey=True, layout="constrained", squeeze=False
    )
    for axis, count in zip(axes[0], counts, strict=True):
        mine = [curve for curve in curves if curve.checks == count]
        for curve, colour in zip(mine, COLOURS, strict=False):
            told = accumulate(100.0 * some / count for _, some in curve.posts)
            seconds = [0.0, *(at for at, _ in curve.posts), 60.0]
            shares = [0.0, *told]
            axis.step(seconds, [*shares, shares[-1]], where="post", color=colour, label=curve.who)
        axis.set_title(f"{count:,} checks fail at once", loc="left", color=INK)
        axis.set_xlim(0, 60)
        axis.set_xlabel("seconds after the failure")
    axes[0][0].set_ylabel("% of the checks told")
    axes[0][-1].legend(frameon=False, loc="lower right", fontsize=8)
    figure.savefig(file, dpi=100)
    pyplot.close(figure)
