"""`watchtower simulate` shows who would be paged when, if a check failed."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from watchtower.cli.arguments import Duration, Moment, configuration_options, must_be, new_command, plan_of
from watchtower.errors import UsageError
from watchtower.model import Language

if TYPE_CHECKING:
    from watchtower.core.plan import Plan
    from watchtower.core.plan.checks import Check
    from watchtower.model import Value
    from watchtower.replay.people_actions import PersonAction
    from watchtower.simulate.faults import Fault

Given = TypeVar("Given")
_MONDAY = 1767607200.0
"""5 January 2026, 10:00 UTC: a clock that is always the same gives texts that are."""


@new_command()
@configuration_options
@click.option(
    "--check",
    "names",
    multiple=True,
    required=True,
    metavar="CHECK",
    help="The check that fails; CHECK[SERIES] for one series, CHECK@LOCATION as one location sees it. May be repeated.",
)
@click.option(
    "--fault", "faults", multiple=True, default=("down",), show_default=True, metavar="FAULT",
    help="silent, down, unknown, or NAME=VALUE of a measurement; several by commas. One for all checks, or one each.",
)  # fmt: skip
@click.option(
    "--at",
    "begins",
    multiple=True,
    type=Duration(),
    default=(0.0,),
    help="When it begins, from the start. One for all, or one each. Default: 0s.",
)
@click.option(
    "--for",
    "lasts",
    multiple=True,
    type=Duration(),
    default=(1800.0,),
    help="How long it lasts. One for all, or one each. Default: 30m.",
)
@click.option(
    "--ack-after",
    type=Duration(),
    help="Somebody acknowledges this long after an incident opened; default: never.",
)
@click.option(
    "--do",
    "done",
    multiple=True,
    metavar="'TIME BY ACTION [KEY=VALUE]…'",
    help="Somebody acts, so long from the start: '5m li approve plan=standby'; also ack and resolve. May be repeated.",
)
@click.option(
    "--broken",
    multiple=True,
    help="This channel fails. May be repeated.",
)
@click.option(
    "--requests",
    type=click.FloatRange(min=0),
    default=60.0,
    show_default=True,
    help="Requests a minute without a fault.",
)
@click.option(
    "--normal",
    multiple=True,
    metavar="NAME=VALUE",
    help="A measurement without a fault. Default: a value on which no rule fires.",
)
@click.option(
    "--history",
    type=Duration(),
    default=86400.0,
    help="How long detectors learnt before, without a fault. Default: 1d.",
)
@click.option(
    "--start", type=Moment(), default=_MONDAY, help="The moment it starts at. Default: 2026-01-05T10:00:00Z."
)
@click.option(
    "--lang",
    type=click.Choice(["en", "zh", "both"]),
    help="Show texts in this language; default: each responder's own.",
)
@click.option("--json", "in_json", is_flag=True, help="One JSON object a line, in time order.")
def command(
    rules: Path, checks: Path, names: tuple[str, ...], faults: tuple[str, ...], begins: tuple[float, ...],
    lasts: tuple[float, ...], ack_after: float | None, done: tuple[str, ...], broken: tuple[str, ...], requests: float,
    normal: tuple[str, ...], history: float, start: float, lang: str | None, in_json: bool,
) -> None:  # fmt: skip
    """Who would be told what, at which second, if this broke? On a fake clock, with the engine that runs live.

    The other checks are left out. Nothing is sent, and secrets need not be set.

    Exit status 0 when somebody is told, 1 when nobody is, 2 for bad usage or configuration.
    """
    from watchtower.channels import kinds
    from watchtower.replay import World
    from watchtower.replay.chart import LEGEND
    from watchtower.simulate.report import header, totals, words
    from watchtower.simulate.simulation import Simulation

    for channel in broken:
        must_be("channel", channel, dict.fromkeys(kinds()), "--broken: ")
    plan = plan_of(rules, checks)
    wrong = _faults(plan, names, faults, begins, lasts)
    well = _well(plan, {fault.check: plan.checks[fault.check] for fault in wrong}, requests, normal)
    world = World(ack_after=ack_after, broken=frozenset(broken))
    languages = tuple(Language) if lang == "both" else (Language(lang),) if lang else ()
    base_url = os.environ.get("WATCHTOWER_BASE_URL", "").rstrip("/")
    actions = sorted((_action(plan, text, start) for text in done), key=lambda one: one.at)
    came = Simulation(plan, wrong, well, start, history, world, actions, languages, base_url).run()
    lines = came.events
    if in_json:
        for line in lines:
            click.echo(json.dumps(line.as_json(), ensure_ascii=False))
    else:
        drawn = (*came.chart(start), "", LEGEND)
        shut = [one.name for one in wrong if plan.closed(one.check, start + one.begin)]
        for text in (*header(well), "", *words(lines), "", *drawn, "", *totals(lines, shut)):
            click.echo(text)
    sys.exit(0 if any(line.event == "page" and line.said["arrives"] for line in lines) else 1)


def _faults(
    plan: Plan, names: Sequence[str], texts: Sequence[str], begins: Sequence[float], lasts: Sequence[float]
) -> list[Fault]:
    from watchtower.simulate.faults import read

    for option, given in (("--fault", texts), ("--at", begins), ("--for", lasts)):
        if len(given) not in (1, len(names)):
            raise UsageError(
                f"{option} stands {len(given)} times, --check {len(names)} times: write it once, or once each"
            )
    out = []
    for n, name in enumerate(names):
        name, _, place = name.partition("@")
        check, series = _check(plan, name)
        if place:
            must_be("location", place, dict.fromkeys(check.locations), f"--check {name}@{place}: ")
        text, begin, last = _each(texts, n), _each(begins, n), _each(lasts, n)
        if last < check.every:
            raise UsageError(f'--for: shorter than the time between two runs of check "{check.name}"')
        out.append(read(text, check, series, begin, last, place))
    return out


def _action(plan: Plan, text: str, start: float) -> PersonAction:
    from watchtower.fields import parse_duration
    from watchtower.replay.people_actions import NAMES, PersonAction, accepted

    try:
        written = shlex.split(text)
        if len(written) < 3 or not all("=" in one for one in written[3:]):
            raise ValueError("write TIME BY ACTION KEY=VALUE…, such as '5m li approve plan=standby'")
        time, by, name, *fields = written
        data = dict(one.split("=", 1) for one in fields)
        flow = data.pop("flow", None)
        at = start + parse_duration(time)
        must_be("responder", by, plan.responders, f"--do {text}: ")
        must_be("action", name, dict.fromkeys(NAMES), f"--do {text}: ")
        if flow is not None:
            must_be("flow", flow, plan.flows, f"--do {text}: ")
        return PersonAction(at, by, name, accepted(name, data, at), flow)
    except ValueError as error:
        raise UsageError(f"--do {text}: {error}") from None


def _each(given: Sequence[Given], n: int) -> Given:
    return given[n] if len(given) > 1 else given[0]


def _check(plan: Plan, name: str) -> tuple[Check, str]:
    before, _, rest = name.partition("[")
    must_be("check", before, plan.checks, f"--check {name}: ")
    check, series = plan.checks[before], rest.removesuffix("]")
    if check.flows and series not in check.flows:
        one = next(iter(check.flows))
        raise UsageError(
            f'--check {name}: check "{before}" has several series: {", ".join(check.flows)}\n'
            f'  hint: write "{before}[{one}]"'
        )
    return check, series


def _well(
    plan: Plan, checks: dict[str, Check], requests: float, said: Sequence[str]
) -> dict[str, dict[str, Value]]:
    from watchtower.replay.columns import measurements_of
    from watchtower.simulate.faults import measurement, normal

    given: dict[str, dict[str, Value]] = {name: {} for name in checks}
    for text in said:
        name = text.partition("=")[0].strip()
        mine = [check for check in checks.values() if name in measurements_of(check)] or list(
            checks.values()
        )[:1]
        for check in mine:
            key, value = measurement(text, check, "--normal")
            given[check.name][key] = value
    return {name: normal(check, plan, requests, given[name]) for name, check in checks.items()}
