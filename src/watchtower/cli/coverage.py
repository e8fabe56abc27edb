"""`watchtower coverage` shows which loss of a flow would be paged after how long, at every hour of the week."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from watchtower.cli.arguments import (
    PICTURE,
    Duration,
    Moment,
    configuration_options,
    lang_option,
    must_be,
    must_draw,
    new_command,
    note,
    progress,
)
from watchtower.errors import UsageError
from watchtower.model import Language

if TYPE_CHECKING:
    from watchtower.config.environment import EnvironmentSettings
    from watchtower.config.loaded import Loaded
    from watchtower.core.plan import Plan
    from watchtower.simulate.coverage import SeriesCovered, WeekOfLosses


@new_command()
@configuration_options
@click.option("--store", help="The daemon's store, where detectors are saved; by default WATCHTOWER_STORE.")
@click.option("--flow", default="", help="This flow only.")
@click.option(
    "--samples", "files", multiple=True, metavar="CHECK=FILE",
    help="Detectors that learnt from these samples, instead of the store's. May be repeated.",
)  # fmt: skip
@click.option("--until", type=Moment(), help="With --samples: as it was then. Default: after the last row.")
@click.option(
    "--longest", type=Duration(), default=10800.0, help="A loss is played for so long at most. Default: 3h."
)
@click.option(
    "--spread",
    "over",
    is_flag=True,
    help="Together with workers and daemons that make jobs, over the PostgreSQL store.",
)
@click.option("--plot", type=PICTURE, help="Draw the heat maps (PNG, SVG).")
@lang_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object a series.")
def command(
    rules: Path, checks: Path, store: str | None, flow: str, files: tuple[str, ...], until: float | None,
    longest: float, over: bool, plot: Path | None, lang: Language, as_json: bool,
) -> None:  # fmt: skip
    """Which loss of a flow would be paged after how long, and what would it cost?

    For every hour of the week to come, losses of 100, 50 and 25 % are played on copies of the detectors, through the rules,
    until somebody is paged. Nothing is sent, and secrets need not be set.

    Exit status 0; 1 when there is nothing to play or no store; 2 for bad usage or configuration.
    """
    if until is not None and not files:
        raise UsageError("--until needs --samples")
    from watchtower.cli.explain_sources import saved_in
    from watchtower.config.settings import read
    from watchtower.replay.loading import load_for_replay
    from watchtower.simulate.coverage import WeekOfLosses

    must_draw(plot)
    settings = read(os.environ, rules=rules, checks=checks, store=store)
    loaded = load_for_replay(rules, checks, os.environ, note)
    week = (
        _from_samples(loaded.plan, files, until, longest)
        if files
        else WeekOfLosses(loaded.plan, saved_in(settings).detectors, time.time(), longest)
    )
    if flow:
        must_be("flow", flow, week.plan.flows, "--flow: ")
    found = _spread(week, flow, settings, loaded) if over else _played(week, flow)
    if not found:
        note("no series that counts requests has been learnt yet")
        sys.exit(1)
    if plot is not None:
        from watchtower.simulate.coverage_report import draw
        from watchtower.texts.in_words import InWords

        draw(found, InWords(Language.EN), plot)
        note(f"picture: {plot}")
    _show(found, lang, as_json)


def _from_samples(plan: Plan, files: tuple[str, ...], until: float | None, longest: float) -> WeekOfLosses:
    """Of detectors that learn from samples now."""
    from watchtower.cli.replayed_samples import Asked, collect
    from watchtower.replay.learning import teach
    from watchtower.replay.series import narrowed
    from watchtower.simulate.coverage import WeekOfLosses

    samples = collect(Asked(files), plan)
    plan = narrowed(plan, samples)
    end = max(one.times[-1] for one in samples) if until is None else until
    if any(end < one.times[0] for one in samples):
        raise UsageError("--until lies before the first row")
    learned = {
        (one.check, one.series): teach(plan.checks[one.check], one, (one.times[0], end)).state
        for one in samples
    }
    return WeekOfLosses(plan, learned, end, longest)


def _played(week: WeekOfLosses, flow: str) -> list[SeriesCovered]:
    from watchtower.simulate.coverage import HOURS

    series = week.series(flow)
    done = itertools.count(1)
    with progress("playing losses", len(series) * HOURS) as tell:
        return [week.play(one, lambda: tell(next(done))) for one in series]


def _spread(
    week: WeekOfLosses, flow: str, settings: EnvironmentSettings, loaded: Loaded
) -> list[SeriesCovered]:
    """Whoever takes part has read the same files."""
    from watchtower.app.holding import hash_of
    from watchtower.app.jobs import kind_with
    from watchtower.cli.spread import spread
    from watchtower.simulate.days import days_of, joined, play_day

    jobs, here = days_of(week, week.series(flow)), set[bytes]()

    def make(job: bytes) -> bytes:
        here.add(job)
        return play_day(loaded.plan, job)

    with progress("playing losses", len(jobs)) as tell:
        made = asyncio.run(spread(settings, kind_with(hash_of(loaded.texts)), jobs, make, tell))
    note(f"{len({*jobs} - here)} of {len(jobs)} days were played by other processes")
    return joined(made)


def _show(found: list[SeriesCovered], lang: Language, as_json: bool) -> None:
    from watchtower.simulate.coverage_report import as_json as of
    from watchtower.simulate.coverage_report import lines
    from watchtower.texts.in_words import InWords

    if as_json:
        for one in found:
            click.echo(json.dumps(of(one), ensure_ascii=False))
        return
    from rich.console import Console

    console, say = Console(highlight=False), InWords(lang)
    width = shutil.get_terminal_size((100, 24)).columns
    for one in found:
        for line in lines(one, width, say):
            console.print(line, soft_wrap=True)
