"""`watchtower backtest`: recorded samples through these rules, on the engine that runs live."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from watchtower.errors import UsageError, WatchtowerError
from watchtower.fields import format_duration, parse_duration

if TYPE_CHECKING:
    from collections.abc import Callable

    from watchtower.core.plan import Plan
    from watchtower.replay.backtest import Backtest
    from watchtower.replay.records import Record
    from watchtower.replay.samples import Samples


class _Duration(click.ParamType[float]):
    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        try:
            return parse_duration(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class _Moment(click.ParamType[float]):
    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        try:
            return float(value)
        except ValueError:
            pass
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f'"{value}" is no time: write 1995-08-01T14:43:00Z or epoch seconds', param, ctx)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


@click.command(short_help="What would these rules have done on recorded samples?")
@click.option(
    "--rules", type=click.Path(path_type=Path), envvar="WATCHTOWER_RULES", default="rules.toml", show_default=True,
    show_envvar=True, help="The rules file.",
)  # fmt: skip
@click.option(
    "--checks", type=click.Path(path_type=Path), envvar="WATCHTOWER_CHECKS", default="checks", show_default=True,
    show_envvar=True, help="The folder of checks.",
)  # fmt: skip
@click.option(
    "--samples", "given", multiple=True, required=True, metavar="CHECK=FILE",
    help="Samples of one check: CSV, plain or .gz. CHECK[SERIES]=FILE where it fans out. May be repeated.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, in time order.")
@click.option(
    "--plot", type=click.Path(path_type=Path, dir_okay=False), help="Draw curve, alerts and pages (PNG, SVG)."
)
@click.option(
    "--from", "since", type=_Moment(), help="Judge from here; earlier rows only teach the detectors."
)
@click.option("--until", type=_Moment(), help="Judge up to here.")
@click.option(
    "--ack-after",
    type=_Duration(),
    help="Somebody acknowledges this long after an incident opened; default: never.",
)
@click.option(
    "--deliver/--no-deliver", default=True, help="Do pages arrive? With --no-deliver they stay on their way."
)
@click.option(
    "--tick", type=_Duration(), default="10s", show_default=True, help="How often clocks are looked at."
)
def command(
    rules: Path, checks: Path, given: tuple[str, ...], as_json: bool, plot: Path | None,
    since: float | None, until: float | None, ack_after: float | None, deliver: bool, tick: float,
) -> None:  # fmt: skip
    """What would these rules have done on recorded samples?

    A file has the columns time (epoch seconds) and value: the check's main measurement, such as requests or
    balance; further columns go by the name of their measurement. A row that is absent is no data, never zero.

    Exit status 0, or 2 when the configuration or a file is wrong.
    """
    try:
        _backtest(rules, checks, given, as_json, plot, since, until, ack_after, deliver, tick)
    except WatchtowerError as error:
        click.echo(str(error), err=True)
        sys.exit(2)


def _backtest(
    rules: Path, checks: Path, given: Sequence[str], as_json: bool, plot: Path | None,
    since: float | None, until: float | None, ack_after: float | None, deliver: bool, tick: float,
) -> None:  # fmt: skip
    from watchtower.replay import World
    from watchtower.replay.backtest import Backtest

    if tick < 1.0:
        raise UsageError("--tick: at least 1s")
    if plot is not None:
        from watchtower.replay.plot import matplotlib

        matplotlib()  # better to hear now than at the end that it is missing
    plan = _plan(rules, checks)
    samples = _read(given, plan)
    test = Backtest(plan, samples, World(deliver, ack_after), tick, since, until)
    start, end = test.span()
    if end < start:
        raise UsageError("nothing is left to judge: --until lies before --from or before the first row")
    kept = _as_json(test) if as_json else _as_table(test)
    if plot is not None:
        from watchtower.replay.plot import draw

        draw(samples, kept, (start, end), plot)
        click.echo(f"picture: {plot}", err=True)


def _plan(rules: Path, checks: Path) -> Plan:
    from watchtower.config.load import load
    from watchtower.replay.standins import StandIns

    environ = StandIns(os.environ, rules, checks)
    loaded = load(rules, checks, environ, sending=False)
    for warning in loaded.warnings:
        click.echo(f"warning: {warning}", err=True)
    if environ.used:
        click.echo(f"not set, and not needed here: {', '.join(sorted(environ.used))}", err=True)
    return loaded.plan


def _read(given: Sequence[str], plan: Plan) -> list[Samples]:
    """All files, or UsageError with everything that is wrong with them."""
    from watchtower.replay.samples import read

    wrong: list[str] = []
    found: dict[tuple[str, str], Samples] = {}
    for text in given:
        try:
            check, series, file = _target(text, plan)
        except UsageError as error:
            wrong.append(str(error))
            continue
        samples, problems = read(file, plan.checks[check], series)
        wrong += map(str, problems)
        if (check, series) in found:
            wrong.append(f"--samples {text}: {samples.name} is given twice")
        found[check, series] = samples
    if wrong:
        raise UsageError("\n".join(wrong))
    for samples in found.values():
        every = plan.checks[samples.check].every
        if samples.interval != every:
            spacing, wanted = format_duration(samples.interval), format_duration(every)
            click.echo(
                f"{samples.file}: a row every {spacing}, not every {wanted}: judged as polled every {spacing}",
                err=True,
            )
        for name in samples.ignored:
            click.echo(
                f'{samples.file}: column "{name}" is no measurement of check "{samples.check}": left out',
                err=True,
            )
    left = sorted(set(plan.checks) - {check for check, _ in found})
    if left:
        click.echo(f"without samples, left out: {', '.join(left)}", err=True)
    return list(found.values())


def _target(text: str, plan: Plan) -> tuple[str, str, Path]:
    """`CHECK=FILE`, `CHECK[SERIES]=FILE` or `CHECK:SERIES=FILE`; a series may hold `=` inside brackets."""
    from watchtower.core.expressions import suggest

    before, bracket, rest = text.partition("[")
    if bracket and "=" not in before and "]=" in rest:
        check, (series, _, file) = before, rest.rpartition("]=")
    else:
        name, _, file = text.partition("=")
        check, _, series = (name, "", "") if name in plan.checks else name.partition(":")
    if not file:
        raise UsageError(f"--samples {text}: write CHECK=FILE, CHECK[SERIES]=FILE or CHECK:SERIES=FILE")
    if check not in plan.checks:
        raise UsageError(
            f'--samples {text}: there is no check "{check}"\n  hint: {suggest(check, plan.checks)}'
        )
    return check, series, Path(file)


def _as_json(test: Backtest) -> list[Record]:
    kept: list[Record] = []
    out = sys.stdout.buffer
    with _progress(test) as progress:
        for record in test.run(progress=progress):
            out.write(json.dumps(record, ensure_ascii=False).encode() + b"\n")
            kept.append(record)
    out.flush()
    return kept


def _as_table(test: Backtest) -> list[Record]:
    from rich.console import Console

    from watchtower.replay.backtest import Seen
    from watchtower.replay.report import show
    from watchtower.replay.summary import summarise

    seen = Seen(*test.span())
    began = time.perf_counter()
    with _progress(test) as progress:
        kept = list(test.run(seen, progress))
    show(summarise(kept), seen, Console(), time.perf_counter() - began)
    return kept


@contextmanager
def _progress(test: Backtest) -> Iterator[Callable[[int], None]]:
    """A bar on stderr, on a terminal only."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("replaying", total=sum(len(s.times) for s in test.samples))
        yield lambda fed: bar.update(task, completed=fed)
