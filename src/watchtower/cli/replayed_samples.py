"""Loads the samples for a backtest that the command line names, from files or from Prometheus."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from watchtower.cli.arguments import must_be
from watchtower.errors import Problem, UsageError
from watchtower.fields import format_duration
from watchtower.values import Frozen

if TYPE_CHECKING:
    from watchtower.core.plan import Plan
    from watchtower.model import Instant
    from watchtower.replay.samples import Samples


class Asked(Frozen):
    """Options: `files` are CHECK=FILE, `queries` CHECK=PROMQL of the Prometheus at `prometheus`."""

    files: Sequence[str] = ()
    queries: Sequence[str] = ()
    prometheus: str | None = None
    headers: tuple[str, ...] = ()
    step: float | None = None
    history: float = 0.0
    since: Instant | None = None
    until: Instant | None = None


def collect(asked: Asked, plan: Plan) -> list[Samples]:
    """Returns all samples, or raises UsageError with everything that is wrong. Notices go to stderr."""
    wrong: list[str] = []
    found: dict[tuple[str, str], Samples] = {}
    _shape(asked)
    for option, texts in (("--samples", asked.files), ("--query", asked.queries)):
        for text in texts:
            try:
                check, series, rest = _target(text, plan, option)
                if (check, series) in found:
                    raise UsageError(f"{option} {text}: {found[check, series].name} is given twice")
                samples, problems = (
                    _file(rest, check, series, plan)
                    if option == "--samples"
                    else _query(rest, check, series, plan, asked)
                )
            except UsageError as error:
                wrong.append(str(error))
                continue
            wrong += map(str, problems)
            found[check, series] = samples
    if wrong:
        raise UsageError("\n".join(wrong))
    _note(found, plan)
    return list(found.values())


def _shape(asked: Asked) -> None:
    if not asked.files and not asked.queries:
        raise UsageError(
            "no samples\n  hint: write --samples CHECK=FILE, or --prometheus URL --query CHECK=PROMQL"
        )
    if bool(asked.queries) != bool(asked.prometheus):
        raise UsageError("--prometheus URL and --query CHECK=PROMQL belong together")
    if asked.queries and (asked.since is None or asked.until is None):
        raise UsageError("--prometheus: write --from and --until")
    if asked.queries and asked.since is not None and asked.until is not None and asked.until < asked.since:
        raise UsageError("nothing is left to evaluate: --until lies before --from")


def _file(file: str, check: str, series: str, plan: Plan) -> tuple[Samples, list[Problem]]:
    from watchtower.replay.samples import read

    return read(Path(file), plan.checks[check], series)


def _query(query: str, check: str, series: str, plan: Plan, asked: Asked) -> tuple[Samples, list[Problem]]:
    from watchtower.replay.prometheus import PrometheusSource, fetch

    if asked.prometheus is None or asked.since is None or asked.until is None:
        raise UsageError("--prometheus: write --from and --until")  # told before, in _shape
    source = PrometheusSource.read(asked.prometheus, asked.headers, os.environ)
    step = asked.step or plan.checks[check].every
    span = (asked.since - asked.history, asked.until)
    return fetch(source, query, plan.checks[check], series, span, step), []


def _target(text: str, plan: Plan, option: str) -> tuple[str, str, str]:
    """`CHECK=REST`, `CHECK[SERIES]=REST` or `CHECK:SERIES=REST`; a series may hold `=` inside brackets."""
    form = "FILE" if option == "--samples" else "PROMQL"
    check, series, rest = "", "", ""
    head, _, _ = text.partition("=")
    if "[" in head and "]=" in text:
        check, _, inner = text.partition("[")
        # The last `]=` of a file name, but the first of a query, which may hold one itself.
        series, _, rest = inner.rpartition("]=") if option == "--samples" else inner.partition("]=")
    else:
        name, _, rest = text.partition("=")
        check, _, series = (name, "", "") if name in plan.checks else name.partition(":")
    if not rest:
        raise UsageError(f"{option} {text}: write CHECK={form}, CHECK[SERIES]={form} or CHECK:SERIES={form}")
    must_be("check", check, plan.checks, f"{option} {text}: ")
    return check, series, rest


def _note(found: dict[tuple[str, str], Samples], plan: Plan) -> None:
    for samples in found.values():
        every = plan.checks[samples.check].every
        if samples.interval != every:
            spacing, wanted = format_duration(samples.interval), format_duration(every)
            click.echo(
                f"{samples.file}: a row every {spacing}, not every {wanted}: evaluated as polled every {spacing}",
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
