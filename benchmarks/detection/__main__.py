"""`python -m benchmarks.detection --trace FILE`: three tables and a picture."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from benchmarks.detection import cost, limit, plot, windows
from benchmarks.detection.limit import Case, Result
from benchmarks.detection.trace import DAY, Trace, plain_estimate, read, smooth_rate

CASES = [
    Case("Poisson", 1.0, 1.0, "1 per 90d"),
    Case("Poisson", 1.0, 1.0, "1 per 7d"),
    Case("Poisson", 1.0, 0.1, "1 per 90d"),
    Case("Poisson", 1.0, 0.1, "1 per 7d"),
    Case("bursty, φ = 3", 3.0, 1.0, "1 per 90d"),
    Case("bursty, φ = 3", 3.0, 1.0, "1 per 7d"),
    Case("bursty, φ = 3", 3.0, 0.1, "1 per 90d"),
    Case("bursty, φ = 3", 3.0, 0.1, "1 per 7d"),
    Case("batches, φ = 3", 3.0, 0.1, "1 per 7d", "batches"),
]

_WIDTH = 132
"""Columns of the tables, also where they go into a file."""


@click.command()
@click.option(
    "--trace",
    "file",
    type=click.Path(exists=True, path_type=Path),
    envvar="DETECTION_TRACE",
    required=True,
    help="CSV with time,requests by ten seconds (the NASA-HTTP trace of July 1995). Or DETECTION_TRACE.",
)
@click.option("--outages", default=300, show_default=True, help="Outages tried in each case of table 1.")
@click.option("--seed", default=1, show_default=True)
@click.option("--table", "tables", type=click.Choice(["1", "2", "3"]), multiple=True, default=("1", "2", "3"))
@click.option(
    "--plot", "picture", type=click.Path(path_type=Path), default=Path("detection.png"), show_default=True
)
def main(file: Path, outages: int, seed: int, tables: tuple[str, ...], picture: Path) -> None:
    """Measure how soon a silence is seen."""
    console, trace = Console(width=_WIDTH), read(file)
    rate = smooth_rate(trace)
    results: list[Result] = []
    rows: list[windows.Row] = []
    with Progress(console=Console(stderr=True)) as progress:
        if "1" in tables:
            task = progress.add_task("against the limit", total=len(CASES) * len(rate))
            results = [limit.measure(rate, case, outages, seed, _step(progress, task)) for case in CASES]
        if "2" in tables:
            task = progress.add_task("the real trace", total=None)
            rows, notes = against_windows(trace, file)
            progress.update(task, total=1, completed=1)
    if results:
        console.print(limit_table(results))
    if rows:
        console.print(windows_table(rows), *notes, sep="\n")
    if "3" in tables:
        console.print(cost_table(cost.measure(rate)))
    if results and rows:
        plot.draw(results, rows, picture)


def _step(progress: Progress, task: object) -> Callable[[int], None]:
    return lambda polls: progress.advance(task, polls)  # type: ignore[arg-type]


def against_windows(trace: Trace, file: Path) -> tuple[list[windows.Row], list[str]]:
    """Rows of table 2, and what else there is to say of the trace."""
    expected, july = plain_estimate(trace), trace.days(7, 28)
    alerts, spans = windows.fired(file)
    rows = [windows.row("watchtower", trace, expected, alerts, july)]
    same = windows.same_number(trace, july, rows[0].alerts)
    for seconds in (60.0, same, 300.0):
        name = f"nothing for {seconds:.0f} s"
        rows.append(windows.row(name, trace, expected, windows.fixed(trace, seconds), july))
    notes = []
    found = windows.hurricane(trace, alerts)
    if found:
        last, seconds = found
        notes.append(f"Hurricane Erin: seen {seconds:.0f} s after the last request")
        later = [s for s in spans if s[0] > last + DAY]
        for keep in (0.0, 3600.0):
            count = sum(1 for a, b in itertools.pairwise(later) if b[0] - a[1] > keep) + bool(later)
            notes.append(
                f"3 August: {len(later)} alerts, {count} incidents with keep_firing_for = {keep:.0f} s"
            )
    measured = np.r_[trace.times, np.inf]
    unmeasured = [at for at in alerts if measured[np.searchsorted(measured, at)] != at]
    notes.append(f"Alerts at a time that was not measured: {len(unmeasured)}")
    return rows, notes


def limit_table(results: list[Result]) -> Table:
    out = Table(title="1. Against an oracle that knows the rate, at as many false pages in 28 days")
    for name in (
        "arrivals",
        "per min",
        "budget",
        "false pages",
        "delay",
        "oracle's",
        "ratio median",
        "mean",
        "p90",
        "median at the same budget",
    ):
        out.add_column(name, justify="right")
    for r in results:
        out.add_row(
            r.case.name, f"{r.per_minute:.1f}", r.case.false_pages, str(r.false_pages),
            f"{np.median(r.delays):.0f} s", f"{np.median(r.limits):.0f} s",
            f"{np.median(r.ratios):.2f}", f"{r.ratios.mean():.2f}", f"{np.quantile(r.ratios, 0.9):.2f}",
            f"{np.median(r.delays / r.budgeted):.2f}",
        )  # fmt: skip
    return out


def windows_table(rows: list[windows.Row]) -> Table:
    out = Table(title="2. Silences of 100 lost requests and more, 8 to 28 July 1995")
    for name in (
        "rule",
        "alerts",
        "seen",
        "before 45 lost",
        "lost before the page: median",
        "worst seen",
        "with missed ones: sum",
    ):
        out.add_column(name, justify="right")
    for r in rows:
        seen = len(r.lost) > 0
        out.add_row(
            r.name, str(r.alerts), f"{r.seen} of {r.big}", str(r.in_time),
            f"{np.median(r.lost):.0f}" if seen else "-", f"{r.lost.max():.0f}" if seen else "-",
            f"{r.lost_with_missed.sum():.0f}",
        )  # fmt: skip
    return out


def cost_table(c: cost.Cost) -> Table:
    out = Table(title="3. Cost of a flow and poll, one core")
    for name in (
        "µs, one flow",
        f"µs, {cost.FLOWS:,} flows in turn",
        "polls/s",
        "bytes of state (JSON)",
        "bytes of memory",
    ):
        out.add_column(name, justify="right")
    out.add_row(
        f"{c.hot:.1f}", f"{c.fleet:.1f}", f"{1e6 / c.fleet:,.0f}", f"{c.state_json:,}", f"{c.memory:,}"
    )
    return out


if __name__ == "__main__":
    main()
