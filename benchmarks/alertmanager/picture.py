"""The picture: messages of the month as they come in, and how soon an outage was told."""

from __future__ import annotations

from pathlib import Path

from benchmarks.alertmanager.month import DAY
from benchmarks.alertmanager.script import Script
from benchmarks.alertmanager.told import Told, score
from benchmarks.why.pictures import BLUE, GREY, INK, RED, STYLE

COLOURS = (BLUE, RED, GREY)


def picture(made: Script, told: list[Told], file: Path) -> None:
    """`told`: ours first."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams.update(STYLE)  # type: ignore[arg-type]
    from matplotlib import pyplot

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(10, 3.6), layout="constrained")
    for one, colour in zip(told, COLOURS, strict=True):
        days = [0.0, *sorted(at / DAY for at, _ in one.messages), made.seconds / DAY]
        counts = [0, *range(1, len(days) - 1), len(days) - 2]
        left.step(days, counts, where="post", color=colour, label=f"{one.who}: {counts[-1]}")
        after = score(made, one).after
        shares = [100.0 * (n + 1) / len(after) for n in range(len(after))]
        right.step([0.0, *after], [0.0, *shares], where="post", color=colour)
    left.set_title("messages to one person", loc="left", color=INK)
    left.set_xlabel("day")
    left.set_ylim(bottom=0)
    left.legend(frameon=False, loc="upper left", fontsize=8)
    right.set_title("% of the outages told, by seconds after they began", loc="left", color=INK)
    right.set_xlim(0, 600)
    right.set_xlabel("seconds (rules wait 60 s)")
    figure.savefig(file, dpi=100)
    pyplot.close(figure)
