"""`watchtower learn CHECK` teaches a check's detector from history, before its first poll."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from watchtower.cli.arguments import (
    Ago,
    Duration,
    configuration_options,
    lang_option,
    must_be,
    new_command,
    progress,
)
from watchtower.cli.learn_sources import SOURCES, LearnOptions
from watchtower.errors import UsageError
from watchtower.model import Language

if TYPE_CHECKING:
    from watchtower.config.environment import EnvironmentSettings
    from watchtower.core.plan import Plan
    from watchtower.core.plan.checks import Check
    from watchtower.replay.learning import LearntSeries

_SHOWN = 5
"""Series of a check that are explained; of all others the number is told."""
_WIDEST = 84


@new_command()
@click.argument("name", metavar="CHECK")
@click.option(
    "--from", "kind", type=click.Choice(["csv", "prometheus", "sql"]), required=True, help="Where the history is."
)  # fmt: skip
@click.option("--file", type=click.Path(path_type=Path), help="csv: one row a poll, plain or .gz.")
@click.option("--prometheus", metavar="URL", help="The server; default: the check's own.")
@click.option("--query", help="PromQL or SQL for what the check counts; default: the check's own.")
@click.option(
    "--header", "headers", multiple=True, metavar="NAME:VALUE",
    help="A header for Prometheus; ${NAME} is taken from the environment. May be repeated.",
)  # fmt: skip
@click.option("--dsn", help="The database; ${NAME} is taken from the environment. Default: the check's own.")
@click.option("--step", type=Duration(), help="prometheus, sql: counts over so long; default: every, or 1m.")
@click.option(
    "--since", type=Ago(), help="From when: a time, or an age such as 28d. A file: default all of it."
)
@click.option("--until", type=Ago(), help="Up to when; default: now.")
@click.option("--replace", is_flag=True, help="Put it in the place of what the check has learnt already.")
@click.option("--dry-run", is_flag=True, help="Show what would be learnt; save nothing.")
@configuration_options
@lang_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object a series.")
def command(
    name: str, kind: str, file: Path | None, prometheus: str | None, query: str | None, headers: tuple[str, ...],
    dsn: str | None, step: float | None, since: float | None, until: float | None, replace: bool, dry_run: bool,
    rules: Path, checks: Path, lang: Language, as_json: bool,
) -> None:  # fmt: skip
    """Teach the detector of CHECK, or CHECK[SERIES], from history, so that the daemon starts with it.

    Then show what would be seen now, as explain does. The daemon must not run meanwhile, except with --dry-run.

    Exit status 0; 1 when the store cannot be written, or a daemon runs on it; 2 for bad usage, configuration or rows.
    """
    from watchtower.config.settings import read

    settings = read(os.environ, rules=rules, checks=checks)
    check, _, rest = name.partition("[")
    series = rest.removesuffix("]")
    end = until or time.time()
    if since is not None and since >= end:
        raise UsageError("--since is not before --until, which is now unless you write it")
    plan, unset = _plan(settings)
    options = LearnOptions(kind, file, prometheus, query, headers, dsn, step, since, end, unset, plan.checks)
    _must_learn(plan, check)
    if not dry_run:
        _must_be_new(settings.store, check, series, replace)
    taught = _history_of(plan.checks[check], series, options)
    saved = "" if dry_run else _saved(settings.store, taught)
    _show(plan, taught, options.until, lang, as_json)
    if not as_json:
        click.echo(f"\n{saved}: the daemon starts with it" if saved else "\nnothing was saved (--dry-run)")


def _plan(settings: EnvironmentSettings) -> tuple[Plan, dict[str, str]]:
    """The plan, and what stands in for secrets that are not set: only those of the check's own server are needed."""
    from watchtower.config.load import load
    from watchtower.config.stand_ins import StandIns

    standing_in = StandIns(os.environ, settings.rules, settings.checks)
    plan = load(settings.rules, settings.checks, standing_in, sending=False).plan
    return plan, {name: standing_in[name] for name in sorted(standing_in.used)}


def _must_learn(plan: Plan, check: str) -> None:
    must_be("check", check, plan.checks)
    if not plan.checks[check].detector:
        raise UsageError(f'check "{check}" has no detector that could learn')


def _must_be_new(store: str, check: str, series: str, replace: bool) -> None:
    from watchtower.app.learned import known

    there = [
        one for name, one in asyncio.run(known(store)) if name == check and (not series or one == series)
    ]
    if there and not replace:
        raise UsageError(
            f'check "{check}" has learnt something already\n  hint: --replace puts the history in its place'
        )


def _saved(store: str, taught: list[LearntSeries]) -> str:
    from watchtower.app.learned import save

    states = {(one.samples.check, one.samples.series): one.state for one in taught}
    return f"saved in the {asyncio.run(save(store, states))}"


def _history_of(check: Check, series: str, options: LearnOptions) -> list[LearntSeries]:
    from watchtower.replay.learning import counts_nothing, teach

    found = SOURCES[options.kind](check, series, options)
    if series:
        have = ", ".join(one.series for one in found) or "none"
        found = [one for one in found if one.series == series]
        if not found:
            raise UsageError(f'there is no history of series "{series}"\n  hint: there is that of {have}')
    for samples in found:
        if (late := samples.times[-1] - time.time()) > samples.interval:
            raise UsageError(
                f"{samples.file}: the last row lies {late / 3600.0:.1f} h ahead of this machine's clock\n"
                "  hint: times are in UTC, or have their offset"
            )
    if all(counts_nothing(check, samples) for samples in found):
        raise UsageError(
            f"{found[0].file}: all counts are zero, of which nothing can be learnt\n"
            "  hint: look at how the query compares times: SQLite is given texts such as 2026-11-22 10:00:00.000, in UTC, "
            "so for a column of seconds write unixepoch(:since)"
        )
    span = (options.since or 0.0, options.until)
    taught: list[LearntSeries] = []
    for samples in found:
        with progress(f"learning {samples.name}", len(samples.times)) as tell:
            taught.append(teach(check, samples, span, tell))
    return taught


def _show(plan: Plan, taught: list[LearntSeries], at: float, lang: Language, as_json: bool) -> None:
    """What was learnt, and what would be seen from then on."""
    from watchtower.cli.explain_sources import from_states
    from watchtower.explain.check import words

    width = min(_WIDEST, shutil.get_terminal_size((_WIDEST, 24)).columns)
    states = {(one.samples.check, one.samples.series): one.state for one in taught}
    for one in taught if as_json else taught[:_SHOWN]:
        samples = one.samples
        body = from_states(plan, states, samples.check, samples.series, at)
        if as_json:
            history = {
                "polls": one.polls, "without_data_seconds": one.without_data,
                "begin": one.begin, "end": one.end,
            }  # fmt: skip
            click.echo(json.dumps({**body, "source": samples.file, "learnt": history}, ensure_ascii=False))
            continue
        for line in [
            _summary(one, at),
            "",
            *words(body, samples.file, lang, width, week=False, picture=True),
        ]:
            click.echo(line)
    if not as_json and len(taught) > _SHOWN:
        click.echo(f"\nand {len(taught) - _SHOWN} more series, such as {taught[_SHOWN].samples.name}")


def _summary(one: LearntSeries, at: float) -> str:
    from watchtower.fields import format_duration

    begin, end = (f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M}" for at in (one.begin, one.end))
    gaps = f"; {format_duration(round(one.without_data))} without data" if one.without_data else ""
    age = at - one.end
    old = f"; it ends {format_duration(age // 86400.0 * 86400.0)} before" if age >= 86400.0 else ""
    return f"{one.samples.name}: learnt from {one.polls:,} polls, {begin} to {end} UTC{gaps}{old}"
