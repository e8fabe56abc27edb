"""`watchtower silence` holds back pages: adds, lists and ends silences."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import click

from watchtower.cli.arguments import ConsoleCommand, actor, by_option, url_option
from watchtower.cli.listing import local, page_out
from watchtower.errors import UsageError


@click.group()
def command() -> None:
    """Hold back pages about alerts that fit matchers. Incidents, their log and all-clears go on.

    Exit status 0 when it is done; 1 when the answer is no, or the daemon does not answer; 2 for bad usage.
    """


@command.command("add", cls=ConsoleCommand)
@click.argument("matchers", nargs=-1, required=True, metavar="MATCHER...")
@click.option("--for", "lasts", default="", help="How long, such as 2h. Default: 1h.")
@click.option("--until", default="", help="Until when instead, such as 2026-11-27T02:00Z.")
@click.option(
    "--from", "begin", default="", help="From when on, such as 2026-11-26T23:00Z or 30m. Default: now."
)
@click.option(
    "--rrule", default="", help='How it recurs, by RFC 5545: "FREQ=WEEKLY;BYDAY=TH". Default: once.'
)
@click.option("--zone", default="UTC", help="The zone of --rrule, such as Asia/Shanghai. Default: UTC.")
@click.option("--reason", default="", help="Why.")
@click.option("--replaces", default="", help="The silence that this one replaces.")
@by_option
@url_option
def add(
    matchers: tuple[str, ...],
    lasts: str,
    until: str,
    begin: str,
    rrule: str,
    zone: str,
    reason: str,
    replaces: str,
    by: str,
    url: str,
) -> None:
    """Silence alerts that fit every MATCHER: check=bank-gateway, 'flow=~"pay.*"', 'severity!=P0', team=db."""
    from watchtower.api.client import Client
    from watchtower.core.matchers import parse_matchers
    from watchtower.fields import parse_duration

    if lasts and until:
        raise UsageError("give --for or --until, not both")
    try:
        given = [str(one) for one in parse_matchers(matchers)]
        if lasts:
            parse_duration(lasts)
    except ValueError as error:
        raise UsageError(str(error)) from None
    body = {"matchers": given, "ends_at": until or lasts or "1h", "reason": reason, "replaces": replaces}
    body |= {"rrule": rrule, "zone": zone} if rrule else {}
    answer = Client(url).say("/api/v1/silences", actor(by), **body, **({"starts_at": begin} if begin else {}))
    made = answer["silence"]
    click.echo(line(made))
    if not made["checks"]:
        click.echo("it fits no check of the configuration", err=True)


@command.command("list", cls=ConsoleCommand)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a silence or window.")
@url_option
def listed(as_json: bool, url: str) -> None:
    """List silences that are not over, and maintenance windows."""
    from watchtower.api.client import Client

    found = Client(url).get("/api/v1/silences")
    every = [*found["silences"], *found["maintenance"]]
    if not every:
        click.echo("no silence")
    page_out([json.dumps(one, ensure_ascii=False) if as_json else line(one) for one in every])


@command.command("expire", cls=ConsoleCommand)
@click.argument("silences", nargs=-1, required=True, metavar="SILENCE...")
@by_option
@url_option
def expire(silences: tuple[str, ...], by: str, url: str) -> None:
    """End each SILENCE now. What is still bad pages then."""
    from urllib.parse import quote

    from watchtower.api.client import Client

    for id in silences:
        Client(url).say(f"/api/v1/silences/{quote(id, safe='')}/expire", actor(by))
        click.echo(f"{id} is over")


def line(it: Mapping[str, Any]) -> str:
    """`S-3 active until 2026-11-27 02:00:00 +0800: check="bank" (li: release), alerts 2, checks 1`."""
    name, what = it.get("id") or f"maintenance {it['name']}", ", ".join(it["matchers"])
    if it["ends_at"] is None:
        return f"{name} over: {what}"
    begins = f"from {local(it['starts_at'])} " if it["state"] == "pending" else ""
    head = f"{name} {it['state']} {begins}until {local(it['ends_at'])}: {what}"
    if "id" not in it:
        return head
    said = ": ".join(filter(None, (it["by"], it["reason"])))
    head += f" {it['rrule']} {it['zone']}" if it["rrule"] else ""
    return f"{head} ({said}), alerts {it['alerts']}, checks {it['checks']}"
