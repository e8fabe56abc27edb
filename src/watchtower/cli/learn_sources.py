"""Where `watchtower learn` finds a check's history: a file, a Prometheus, the product's own database."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from watchtower.cli.arguments import progress
from watchtower.errors import UsageError
from watchtower.values import Frozen

if TYPE_CHECKING:
    from watchtower.core.plan.checks import Check
    from watchtower.model import Instant
    from watchtower.probes.derive import CountedBy
    from watchtower.probes.sql import Sql
    from watchtower.replay.prometheus import PrometheusSource
    from watchtower.replay.samples import Samples

_USUAL = 28 * 86400.0
"""So far back a server is asked, unless --since says otherwise."""
_COARSE = 60.0
"""A query counts over so many seconds at least: less is no more than a scrape."""
_PATIENCE = 30.0
"""Seconds for one query of the database."""


class LearnOptions(Frozen):
    """Where the history is, as the command line says it."""

    kind: str
    file: Path | None
    prometheus: str | None
    query: str | None
    headers: tuple[str, ...]
    dsn: str | None
    step: float | None
    since: Instant | None
    until: Instant
    stand_ins: Mapping[str, str]
    """What stands in for secrets that are not set."""
    checks: Mapping[str, Check]

    @property
    def span(self) -> tuple[Instant, Instant]:
        """Of a server that is asked."""
        return self.until - _USUAL if self.since is None else self.since, self.until


def _from_file(check: Check, series: str, options: LearnOptions) -> list[Samples]:
    from watchtower.replay.samples import read

    if options.file is None:
        raise UsageError("--from csv: write --file FILE")
    samples, problems = read(options.file, check, series)
    if problems:
        raise UsageError("\n".join(map(str, problems)))
    for name in samples.ignored:
        click.echo(f'{samples.file}: column "{name}" is no measurement of "{check.name}": left out', err=True)
    return [samples]


def _from_prometheus(check: Check, series: str, options: LearnOptions) -> list[Samples]:
    from watchtower.replay import prometheus

    if check.probe == "derive":
        return [_derived(check, options)]
    own = check.settings if check.probe == "prometheus" else None
    if own is None and (options.prometheus is None or options.query is None):
        raise UsageError(
            f'check "{check.name}" asks no Prometheus: write --prometheus URL and --query PROMQL\n'
            "  hint: such as --query 'sum(increase(orders_total[1m]))'"
        )
    step = options.step or max(check.every, _COARSE)
    source = _server(own, options)
    query = options.query or prometheus.counting_query(own, step)
    label = own.label if own is not None and options.query is None else ""
    begin, end = options.span
    with progress("asking Prometheus", (end - begin) / step) as tell:
        found = prometheus.fetch_by(source, query, check, label, (begin, end), step, tell)
    if not label:
        found[0].series = series
    return found


def _server(own: Any, options: LearnOptions) -> PrometheusSource:
    """The one that the options name, else the check's own."""
    from watchtower.replay.prometheus import PrometheusSource

    if options.prometheus is not None or own is None:
        return PrometheusSource.read(options.prometheus or "", options.headers, os.environ)
    headers = {name: value.get_secret_value() for name, value in own.headers.items()}
    _must_be_set(options, own.url.get_secret_value(), *headers.values())
    return PrometheusSource(
        own.url.get_secret_value().rstrip("/"), headers, own.ca_file or own.verify, own.warnings == "ignore"
    )


def _derived(check: Check, options: LearnOptions) -> Samples:
    """The part and the whole, each by the queries of the checks that count it; a time without one of them is no row."""
    from watchtower.probes.derive import counted_by
    from watchtower.replay.samples import Samples

    sides = {"part": check.settings.part, "whole": check.settings.whole}
    found = {side: [_counted(check, counted_by(one), options) for one in of] for side, of in sides.items()}
    times = sorted(set[float].intersection(*(set(one) for of in found.values() for one in of)))
    if not times:
        raise UsageError(f'the checks of "{check.name}" have no time at which all of them counted')
    samples = Samples(check.name, "", "Prometheus", options.step or max(check.every, _COARSE), "whole")
    samples.times.extend(times)
    samples.cells = {side: [sum(one[at] for one in of) for at in times] for side, of in found.items()}
    return samples


def _counted(check: Check, by: CountedBy, options: LearnOptions) -> dict[float, float]:
    """What one check counts by its own query, at each time; of all its series together where none is named."""
    from watchtower.replay import prometheus

    other = options.checks[by.check]
    if other.probe != "prometheus" or options.query is not None:
        why = f'by "{by.check}", which asks no Prometheus' if options.query is None else "by two queries"
        raise UsageError(
            f'check "{check.name}" is counted {why}\n'
            "  hint: write its part and its whole into a file: --from csv --file FILE, with the columns time, part, whole"
        )
    own, (begin, end) = other.settings, options.span
    step = options.step or max(check.every, _COARSE)
    query = prometheus.counting_query(own, step, by.measurement)
    with progress(f"asking Prometheus for {by}", (end - begin) / step) as tell:
        found = prometheus.fetch_by(_server(own, options), query, other, own.label, (begin, end), step, tell)
    out: dict[float, float] = {}
    for samples in found:
        if by.series in ("", samples.series):
            for at, count in zip(samples.times, samples.cells[samples.main], strict=True):
                if isinstance(count, float):
                    out[at] = out.get(at, 0.0) + count
    return out


def _must_be_set(options: LearnOptions, *values: str) -> None:
    """The secrets of a check's own server."""
    for name, stand_in in options.stand_ins.items():
        if any(stand_in in value for value in values):
            raise UsageError(f"the environment variable {name} is not set")


def _from_sql(check: Check, series: str, options: LearnOptions) -> list[Samples]:
    from watchtower.replay import sql

    step = options.step or max(check.every, _COARSE)
    probe = _sql_probe(check, step, options)
    begin, end = options.span
    with progress("asking the database", (end - begin) / step) as tell:
        found = asyncio.run(sql.fetch(probe, check, (begin, end), step, tell))
    if not probe.settings.label:
        found[0].series = series
    return found


def _sql_probe(check: Check, step: float, options: LearnOptions) -> Sql:
    """The check's own, or one of what the options say."""
    from pydantic import ValidationError

    from watchtower.config.plain_words import in_plain_words
    from watchtower.config.secrets import Secrets, fill
    from watchtower.probes.contract import Target
    from watchtower.probes.sql import Sql

    settings: Any = check.settings if check.probe == "sql" else None
    if settings is None and (options.dsn is None or options.query is None):
        raise UsageError(f'check "{check.name}" asks no database: write --dsn and --query')
    if options.dsn is None:
        _must_be_set(options, settings.dsn.get_secret_value())
    if options.dsn is not None or options.query is not None:
        filled = fill({"dsn": options.dsn}, os.environ, Secrets())
        if filled.faults:
            raise UsageError(f"--dsn: {filled.faults[0][1]}")
        dsn = filled.data["dsn"] or settings.dsn.get_secret_value()
        label = "" if options.query else settings.label
        try:
            settings = Sql.Settings.model_validate(
                {"dsn": dsn, "query": options.query or settings.query, "label": label}
            )
        except ValidationError as error:
            said = [in_plain_words(one["loc"], one, None, Sql.Settings)[0] for one in error.errors()]
            raise UsageError("\n".join(f"--dsn, --query: {one}" for one in said)) from None
    return Sql(settings, Target(check.name, step, _PATIENCE, tuple(check.flows) if settings.label else ()))


SOURCES: Mapping[str, Callable[[Check, str, LearnOptions], list[Samples]]] = {
    "csv": _from_file,
    "prometheus": _from_prometheus,
    "sql": _from_sql,
}
"""By the word after --from. Each gives the history of every series that it finds, and raises UsageError."""
