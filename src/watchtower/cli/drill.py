"""`watchtower drill` starts and stops drills and reports who answered when."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from itertools import islice
from typing import Any

import click

from watchtower.cli.arguments import ConsoleCommand, actor, by_option, url_option


@click.group(invoke_without_command=True)
@url_option
@by_option
@click.pass_context
def command(context: click.Context, url: str, by: str) -> None:
    """Practise in the running daemon: the whole path from alert to answer, with real pages that say DRILL first.

    A real incident of P0 to P2 cancels a drill, and keeps one from beginning. Exit status 0 when it is so; 1 when the
    answer is no, or the daemon does not answer.
    """
    context.obj = url, by
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


@command.command("run", cls=ConsoleCommand)
@click.argument("name", default="")
@click.option("--check", default="", help="Without a name: the check that seems to fail.")
@click.option(
    "--severity", type=click.Choice(["P0", "P1", "P2", "P3", "P4"]), default="P1", show_default=True
)
@click.option(
    "--lasts", default="", help="How long it lasts, such as 15m, unless everybody has answered before."
)
@click.pass_obj
def run(given: tuple[str, str], name: str, check: str, severity: str, lasts: str) -> None:
    """Begin the drill NAME of rules.toml, or one of a check."""
    if bool(name) == bool(check):
        raise click.UsageError("give the NAME of a [drill.NAME], or --check")
    body = (
        {"name": name}
        if name
        else {"check": check, "severity": severity} | ({"lasts": lasts} if lasts else {})
    )
    answer = _say(given, "/api/v1/drills", **body)
    click.echo(f"{answer['incident']} is the drill; see it with: watchtower drill report")


@command.command("stop", cls=ConsoleCommand)
@click.pass_obj
def stop(given: tuple[str, str]) -> None:
    """End running drills; everybody who was paged is notified."""
    stopped = _say(given, "/api/v1/drills/stop")["stopped"]
    click.echo(f"stopped: {', '.join(stopped)}" if stopped else "no drill is under way")


@command.command("report", cls=ConsoleCommand)
@click.argument("incident", default="")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a drill, as the API gives it.")
@click.option("--limit", type=click.IntRange(1, 100), default=1, show_default=True, help="At most so many.")
@click.pass_obj
def report(given: tuple[str, str], incident: str, as_json: bool, limit: int) -> None:
    """Show who was paged how and who answered when, in the newest drill or in INCIDENT."""
    from watchtower.api.client import Client

    newest = Client(given[0]).parts("/api/v1/drills", "drills", limit=100 if incident else limit)
    found = [one for one in newest if one["incident"] == incident] if incident else [*islice(newest, limit)]
    if incident and not found:
        click.echo(f"{incident} is no drill that is known", err=True)
        sys.exit(1)
    if not found:
        click.echo("no drill yet")
    for each in found:
        click.echo(json.dumps(each, ensure_ascii=False) if as_json else "\n".join(lines(each)))


def lines(drill: Mapping[str, Any]) -> list[str]:
    """The report as text: a headline, a line for each person, and what was practised."""
    from watchtower.cli.listing import local

    ended = _ENDS.get(drill["why"], drill["why"]) if drill["ended_at"] else "under way"
    what = f"{drill['incident']} drill {drill['name']}: {drill['check']} at {drill['severity']}"
    by = "the calendar" if drill["by"] in ("", "watchtower") else drill["by"]
    out = [f"{what}, {local(drill['began_at'])}, by {by}: {ended}"]
    for one in drill["answers"]:
        channels = ", ".join(one["channels"]) or "not paged"
        if one["failed"]:
            channels += f" ({', '.join(one['failed'])} failed on purpose)"
        arrived = "" if one["delivered_at"] or not one["channels"] else ", never arrived"
        took = f"answered after {_span(one['seconds'])}" if one["answered_at"] else "did not answer"
        out.append(f"  {one['responder']:<16} {channels}{arrived}: {took}")
    if drill["steps"]:
        out.append(f"  checklist: {drill['steps_done']} of {drill['steps']} steps")
    out += [f"  plan {one['plan']}: {one['state'].replace('_', ' ')}" for one in drill["switches"]]
    return out


_ENDS = {
    "everybody_answered": "everybody answered",
    "time": "its time was up",
    "stopped": "it was stopped",
    "preempted": "cancelled: something real came first",
}


def _span(seconds: float) -> str:
    from watchtower.fields import format_duration

    return format_duration(round(seconds, 1) if seconds < 10 else float(round(seconds)))


def _say(given: tuple[str, str], path: str, **body: str) -> Any:
    from watchtower.api.client import Client

    url, by = given
    return Client(url).say(path, actor(by), **body)
