"""`watchtower status` shows which instance the daemon is, whether it leads, and its open work."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import click

from watchtower.cli.arguments import new_command, url_option
from watchtower.cli.listing import Listing, local, present, watch_option

_BEHIND, _OFF = 5.0, 2.0
"""Seconds from which it is told that what workers measured waits, and that a clock is off."""


@new_command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object, as the API gives it.")
@watch_option
@url_option
def command(as_json: bool, watch: bool, url: str) -> None:
    """Show which instance the running daemon is, whether it leads, and what it has to do.

    Exit status 0 when it is ready, also while it stands by; 1 when it is not, or does not answer.
    """
    from watchtower.api.client import Client

    if watch:
        fetch = lambda client: Listing(("", ""), [*lines(client.get("/api/v1/status"))], (), "")  # noqa: E731
        present(url, fetch, watch=True)
        return
    found = Client(url).get("/api/v1/status")
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
    else:
        for name, value in lines(found):
            click.echo(f"{name:<10} {value}")
    sys.exit(0 if found["ready"] else 1)


def lines(status: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    plan, queued, leader = status["plan"], status["pages_queued"], status["leader"]
    yield "version", status["version"]
    yield "instance", status["instance"] or "not known yet"
    yield "role", f"{status['role']} since {local(status['since'])}"
    if leader is not None:
        since = f", leads since {local(leader['since'])}" if leader["since"] else ""
        unled = leader["nobody_led_seconds"]
        before = "" if unled is None else f", nobody led for {unled:.1f} s before"
        yield "leader", f"{leader['name']} at {leader['url']}, term {leader['epoch']}{since}{before}"
    for one in status["standbys"]:
        other = "" if one["same_plan"] else "; its plan is not the leader's, so it takes over later"
        yield "standby", f"{one['name']} since {local(one['since'])}{other}"
    for one in status["locations"]:
        name = f" at {one['name']}" if one["name"] else ""
        rest = "; the daemon makes the rest" if one["home"] and one["held"] < one["shards"] else ""
        lost = f", lost since {local(one['lost_since'])}" if one["lost_since"] else ""
        yield "workers", f"{one['workers']}{name}, {one['held']} of {one['shards']} shards held{lost}{rest}"
    for one in status["workers"]:
        yield (
            "worker",
            f"{one['name']} since {local(one['since'])}, {one['shards']} shards{''.join(_doubts(one))}",
        )
    if status["observations_behind_seconds"] > _BEHIND:
        yield "behind", f"workers' samples by {status['observations_behind_seconds']:.0f} s"
    if (jobs := status["jobs"]) and jobs["queued"] + jobs["taken"]:
        oldest = f"the oldest for {jobs['oldest_seconds']:.0f} s"
        yield "jobs", f"{jobs['queued']} wait, {jobs['taken']} are made, {oldest}"
    if status["unfenced_pages"]:
        yield "unfenced", f"{status['unfenced_pages']} pages were sent while another daemon might have led"
    yield "store", status["store"] or "not open yet"
    refused = "" if plan["current"] else "; a newer one is refused"
    yield (
        "plan",
        f"{plan['checks']} checks, {plan['rules']} rules, loaded {local(plan['loaded_at'])}{refused}",
    )
    yield "incidents", f"{status['incidents_open']} open"
    yield (
        "pages",
        f"{queued['count']} queued"
        + (f", the oldest for {queued['oldest_seconds']:.0f} s" if queued["count"] else ""),
    )
    told = f": {', '.join(status['reasons'])}" if status["reasons"] else ""
    yield "ready", ("yes" if status["ready"] else "no") + told


def _doubts(worker: Mapping[str, Any]) -> Iterator[str]:
    if not worker["same_plan"]:
        yield "; its plan is not the leader's"
    if abs(worker["clock_ahead_seconds"]) > _OFF:
        yield f"; its clock is off by {worker['clock_ahead_seconds']:+.0f} s"
    if worker["dropped"]:
        yield f"; {worker['dropped']} samples dropped"
