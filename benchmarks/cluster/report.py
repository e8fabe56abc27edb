"""A part's figures, as a table, a list of broken promises and a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.why.pictures import BLUE, INK, STYLE


@dataclass(slots=True)
class Part:
    """`figures` by their names; `times` are series of seconds, each for a curve of its shares."""

    figures: Mapping[str, object]
    broken: Sequence[str] = ()
    times: Mapping[str, Sequence[float]] = field(default_factory=dict)

    def text(self) -> str:
        rows = ["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in self.figures.items())]
        for name, seconds in self.times.items():
            rows.append(f"| {name}: p50 · p99 · longest of {len(seconds)} | {spread(seconds)} |")
        rows.append(f"| **broken promises** | **{len(self.broken)}** |")
        return "\n".join([*rows, "", *(f"- {one}" for one in self.broken), ""])

    def picture(self, file: Path) -> None:
        import matplotlib

        matplotlib.use("Agg")
        matplotlib.rcParams.update(STYLE)  # type: ignore[arg-type]
        from matplotlib import pyplot

        figure, axes = pyplot.subplots(
            1,
            len(self.times),
            figsize=(4 * len(self.times), 3.2),
            sharey=True,
            layout="constrained",
            squeeze=False,
        )
        for axis, (name, seconds) in zip(axes[0], self.times.items(), strict=True):
            ordered = sorted(seconds)
            axis.step(
                ordered,
                [100.0 * (n + 1) / len(ordered) for n in range(len(ordered))],
                where="post",
                color=BLUE,
            )
            axis.set_title(name, loc="left", color=INK)
            axis.set_xlabel("seconds")
            axis.set_xlim(left=0)
        axes[0][0].set_ylabel("% within")
        file.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(file, dpi=100)
        pyplot.close(figure)


def spread(seconds: Sequence[float]) -> str:
    if not seconds:
        return "none"
    ordered = sorted(seconds)
    return " · ".join(
        f"{at:.1f} s" if (at := quantile(ordered, share)) >= 1.0 else f"{at * 1e3:.0f} ms"
        for share in (0.5, 0.99, 1.0)
    )


def quantile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
