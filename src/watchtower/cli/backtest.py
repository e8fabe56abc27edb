"""`watchtower backtest` runs recorded samples through the rules, on the engine that runs live."""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING

import click

from watchtower.cli.arguments import (
    PICTURE,
    Duration,
    Moment,
    configuration_options,
    lang_option,
    must_draw,
    new_command,
    note,
    plan_of,
    progress,
)
from watchtower.cli.replayed_samples import Asked, collect
from watchtower.errors import UsageError
from watchtower.model import Language
from watchtower.values import replace

if TYPE_CHECKING:
    from watchtower.replay.backtest import Backtest
    from watchtower.replay.records import Record
    from watchtower.replay.world import World


@new_command()
@configuration_options
@click.option(
    "--samples", "files", multiple=True, metavar="CHECK=FILE",
    help="Samples of one check: CSV, plain or .gz. CHECK[SERIES]=FILE where it fans out. May be repeated.",
)  # fmt: skip
@click.option(
    "--prometheus",
    metavar="URL",
    help="Read samples from this Prometheus, with --query, --from and --until.",
)
@click.option(
    "--query", "queries", multiple=True, metavar="CHECK=PROMQL",
    help="The check's main measurement as PromQL, such as orders='sum(increase(orders_total[1m]))'. May be repeated.",
)  # fmt: skip
@click.option(
    "--step", type=Duration(), help="Time between two points of a query; default: the check's every."
)
@click.option(
    "--history",
    type=Duration(),
    default=0.0,
    help="Query Prometheus so far back before --from, for detectors to learn.",
)
@click.option(
    "--header", "headers", multiple=True, metavar="NAME:VALUE",
    help="A header for Prometheus; ${NAME} is taken from the environment. May be repeated.",
)  # fmt: skip
@click.option(
    "--against", type=click.Path(path_type=Path), metavar="OLD_RULES",
    help="Show what changes from these rules to --rules, over the same samples.",
)  # fmt: skip
@click.option(
    "--against-checks", type=click.Path(path_type=Path), help="The checks of --against; default: those of --checks."
)  # fmt: skip
@click.option(
    "--explain", "incident", metavar="INCIDENT",
    help="Instead of the table: why this incident, such as INC-3, would have its severity, as watchtower explain.",
)  # fmt: skip
@lang_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, in time order.")
@click.option("--plot", type=PICTURE, help="Draw curve, alerts and pages (PNG, SVG).")
@click.option(
    "--from", "since", type=Moment(), help="Evaluate from here; detectors only learn from earlier rows."
)
@click.option("--until", type=Moment(), help="Evaluate up to here.")
@click.option(
    "--ack-after",
    type=Duration(),
    help="Somebody acknowledges this long after an incident opened; default: never.",
)
@click.option(
    "--deliver/--no-deliver", default=True, help="Deliver pages. With --no-deliver none is delivered."
)
@click.option(
    "--tick", type=Duration(), default="10s", show_default=True, help="How often timers are checked."
)
def command(
    rules: Path, checks: Path, files: tuple[str, ...], prometheus: str | None, queries: tuple[str, ...],
    step: float | None, history: float, headers: tuple[str, ...], against: Path | None, against_checks: Path | None,
    incident: str | None, lang: Language, as_json: bool, plot: Path | None, since: float | None, until: float | None,
    ack_after: float | None, deliver: bool, tick: float,
) -> None:  # fmt: skip
    """What would these rules have done on recorded samples?

    A file has the columns time (epoch seconds) and value: the check's main measurement, such as requests or
    balance; further columns go by the name of their measurement. A row that is absent is no data, never zero.

    Exit status 0, or 2 when the configuration or a file is wrong.
    """
    from watchtower.replay.world import World

    asked = Asked(files, queries, prometheus, headers, step, history, since, until)
    old = (against, against_checks or checks) if against else None
    if incident and (old or plot):
        raise UsageError("--explain goes with neither --against nor --plot")
    test = _asked_for(rules, checks, asked, World(deliver, ack_after), tick)
    if incident:
        _explain(test, incident, lang, as_json)
    else:
        _backtest(test, old, as_json, plot)


def _asked_for(rules: Path, checks: Path, asked: Asked, world: World, tick: float) -> Backtest:
    from watchtower.replay.backtest import Backtest

    if tick < 1.0:
        raise UsageError("--tick: at least 1s")
    plan = plan_of(rules, checks, note)
    test = Backtest(plan, collect(asked, plan), world, tick, asked.since, asked.until)
    start, end = test.span()
    if end < start:
        raise UsageError("nothing is left to evaluate: --until lies before --from or before the first row")
    return test


def _explain(test: Backtest, incident: str, lang: Language, as_json: bool) -> None:
    from watchtower.cli.explain_sources import incident_from_backtest
    from watchtower.explain.incident import words

    with progress("replaying", test.polls) as tell:
        body, source = incident_from_backtest(test, incident, tell)
    if as_json:
        click.echo(json.dumps({**body, "source": source}, ensure_ascii=False))
        return
    for line in words(body, source, lang, UTC):
        click.echo(line)


def _backtest(test: Backtest, old: tuple[Path, Path] | None, as_json: bool, plot: Path | None) -> None:
    must_draw(plot)
    before = plan_of(*old, note) if old else None
    if before is not None:
        kept = _difference(replace(test, plan=before), test, as_json)
    else:
        kept = _as_json(test) if as_json else _as_table(test)
    if plot is not None:
        from watchtower.replay.plot import draw

        draw(test.samples, kept, test.span(), plot)
        click.echo(f"picture: {plot}", err=True)


def _difference(old: Backtest, new: Backtest, as_json: bool) -> list[Record]:
    from watchtower.replay import comparison

    kept: list[list[Record]] = []
    for test in (old, new):
        with progress("replaying", test.polls) as tell:
            kept.append(list(test.run(progress=tell)))
    found = comparison.compare(kept[0], kept[1], (old.plan, new.plan))
    if as_json:
        for line in comparison.as_json(found):
            click.echo(json.dumps(line, ensure_ascii=False))
    else:
        from rich.console import Console

        from watchtower.replay.difference import show

        show(found, new.span()[1], Console())
    return kept[1]


def _as_json(test: Backtest) -> list[Record]:
    kept: list[Record] = []
    out = sys.stdout.buffer
    with progress("replaying", test.polls) as tell:
        for record in test.run(progress=tell):
            out.write(json.dumps(record, ensure_ascii=False).encode() + b"\n")
            kept.append(record)
    out.flush()
    return kept


def _as_table(test: Backtest) -> list[Record]:
    from rich.console import Console

    from watchtower.replay.backtest import Coverage
    from watchtower.replay.report import show
    from watchtower.replay.summary import summarise

    seen = Coverage(*test.span())
    began = time.perf_counter()
    with progress("replaying", test.polls) as tell:
        kept = list(test.run(seen, tell))
    show(summarise(kept), seen, Console(), time.perf_counter() - began)
    return kept
