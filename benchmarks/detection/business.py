"""`python -m benchmarks.detection.business`: the business scenarios, two tables and a picture, a process a scenario."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict
from pathlib import Path

import click
import numpy as np
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from benchmarks.detection import business_plot
from benchmarks.detection.judge import Verdict, judge, play
from benchmarks.detection.scenarios import QUICK, SCENARIOS, Aims, Scenario

_WIDTH = 132
"""Columns of the tables, also where they go into a file."""
_ONSET = 60.0
_SHARE = 0.2


@click.command()
@click.argument("names", nargs=-1, metavar="[SCENARIO]...")
@click.option("--seed", default=0, show_default=True)
@click.option("--quick", is_flag=True, help="A dozen scenarios that tell most.")
@click.option("--like", multiple=True, help="Scenarios whose name contains this. May be repeated.")
@click.option("--workers", default=os.cpu_count() or 1, show_default=True, help="Processes.")
@click.option("--json", "file", type=click.Path(path_type=Path), help="Writes the verdicts as JSON too.")
@click.option(
    "--plot",
    "picture",
    type=click.Path(path_type=Path),
    default=Path(__file__).with_name("business.png"),
    help="The picture. Default: beside this file.",
)
def main(
    names: tuple[str, ...], seed: int, quick: bool, like: tuple[str, ...], workers: int, file: Path | None,
    picture: Path,
) -> None:  # fmt: skip
    """What the detector sees of business traffic, how soon, and what it pages for nothing."""
    chosen = [n for n in SCENARIOS if n in names or any(part in n for part in like) or (quick and n in QUICK)]
    if unknown := [name for name in names if name not in SCENARIOS]:
        raise click.BadParameter(f"no scenario {unknown[0]}; there are {', '.join(SCENARIOS)}")
    verdicts = run(chosen or list(SCENARIOS), seed, workers)
    console = Console(width=_WIDTH)
    console.print(seen_table(verdicts, seed), told_table(verdicts), sep="\n")
    failed = sum(bool(unmet(v)) for v in verdicts)
    console.print(f"{len(verdicts) - failed} of {len(verdicts)} scenarios meet every aim, with seed {seed}.")
    if file:
        file.write_text(json.dumps([asdict(v) for v in verdicts]) + "\n")
    business_plot.draw(verdicts, picture)


def run(names: Sequence[str], seed: int, workers: int) -> list[Verdict]:
    """Plays these scenarios; the verdicts come in the order of the catalogue."""
    done: dict[str, Verdict] = {}
    with ProcessPoolExecutor(workers) as pool, Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("scenarios", total=len(names))
        for future in as_completed([pool.submit(_one, name, seed) for name in names]):
            verdict = future.result()
            done[verdict.name] = verdict
            progress.update(task, advance=1, description=verdict.name)
    return [done[name] for name in names]


def _one(name: str, seed: int) -> Verdict:
    traffic = SCENARIOS[name].traffic(seed)
    return judge(name, traffic, play(traffic))


def within(scenario: Scenario, verdict: Verdict) -> float:
    """Seconds that the median page may take."""
    if scenario.aims.within is not None:
        return scenario.aims.within
    best = [seconds for seconds in verdict.oracle if seconds is not None]
    if not best:
        return np.inf
    median = float(np.median(best))
    return max(median * (1.5 if scenario.bursty else 1.25), median + scenario.every)


def unmet(verdict: Verdict) -> list[str]:
    """The aims that are not met."""
    scenario = SCENARIOS[verdict.name]
    aims, found, out = scenario.aims, verdict.found, list[str]()
    if len(found) < _least(aims, verdict):
        out.append("seen")
    if found and np.median([f.seconds for f in found]) > within(scenario, verdict):
        out.append("soon")
    if verdict.false_first > aims.first or verdict.false_later > aims.later:
        out.append("false")
    if any(f.early for f in found):
        out.append("early end")
    if _is_loss(scenario) and found and np.median([f.onset_error for f in found]) > _ONSET:
        out.append("onset")
    if _is_loss(scenario) and found and _ninth(verdict, 1) > _SHARE:
        out.append("share")
    if any(f.back is not None and f.back > f.back_limit for f in found):
        out.append("back")
    return out


def _least(aims: Aims, verdict: Verdict) -> int:
    return verdict.outages if aims.seen is None else aims.seen


def _is_loss(scenario: Scenario) -> bool:
    return "loss-" in scenario.name or "surge" in scenario.name


def _ninth(verdict: Verdict, which: int) -> float:
    """Of the errors of the share told, the one that nine in ten do not exceed."""
    errors = [f.share_errors[which] for f in verdict.found if len(f.share_errors) > which]
    return float(np.nanquantile(errors, 0.9)) if errors else 0.0


def _pair(values: Sequence[float]) -> str:
    """Median and worst."""
    return f"{np.median(values):.0f} / {max(values):.0f}" if values else "-"


def _table(title: str, *columns: str) -> Table:
    out = Table(title=title)
    for name in columns:
        out.add_column(name, justify="left" if name in ("scenario", "not met") else "right")
    return out


def seen_table(verdicts: Sequence[Verdict], seed: int) -> Table:
    """How soon, at what loss, and what was false; the aim in brackets."""
    out = _table(
        f"4. What is seen of business traffic, how soon, and what is false (seed {seed}; aims in brackets)",
        "scenario", "seen", "median / worst s", "oracle's", "lost", "false, two weeks", "later", "not met",
    )  # fmt: skip
    for verdict in verdicts:
        scenario, found = SCENARIOS[verdict.name], verdict.found
        limit = within(scenario, verdict)
        best = [seconds for seconds in verdict.oracle if seconds is not None]
        out.add_row(
            verdict.name,
            f"{len(found)} of {verdict.outages} ({_least(scenario.aims, verdict)})" if verdict.outages else "-",
            _pair([f.seconds for f in found]) + (f" ({limit:.0f})" if found and limit < np.inf else ""),
            _pair(best), _pair([f.lost for f in found]),
            f"{verdict.false_first} ({scenario.aims.first})", f"{verdict.false_later} ({scenario.aims.later})",
            ", ".join(word for word in unmet(verdict) if word in ("seen", "soon", "false")),
        )  # fmt: skip
    return out


def told_table(verdicts: Sequence[Verdict]) -> Table:
    """Of the outages that were seen: what people are told, and until when."""
    out = _table(
        "5. What people are told: alerts that end while it lasts (0), error of the onset (60 s), of the share that still "
        "comes (0.2 a minute later, nine in ten), seconds until it is over (300, or 400 requests x dispersion)",
        "scenario", "early ends", "onset median / worst s", "share, first page", "a minute later", "over after s",
        "in time", "not met",
    )  # fmt: skip
    for verdict in verdicts:
        found = verdict.found
        if not found:
            continue
        over = [f for f in found if f.back is not None]
        out.add_row(
            verdict.name, str(sum(f.early for f in found)), _pair([f.onset_error for f in found]),
            f"{_ninth(verdict, 0):.2f}", f"{_ninth(verdict, 1):.2f}",
            _pair([f.back for f in over if f.back is not None]),
            f"{sum((f.back or 0.0) <= f.back_limit for f in over)} of {len(over)}",
            ", ".join(word for word in unmet(verdict) if word not in ("seen", "soon", "false")),
        )  # fmt: skip
    return out


if __name__ == "__main__":
    main()
