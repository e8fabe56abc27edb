"""`watchtower responders` lists by which ways each person is reached, and since when each is shown to work."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import click

from watchtower.cli.arguments import new_command, url_option
from watchtower.cli.listing import local


@new_command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a person, as the API gives it.")
@url_option
def command(as_json: bool, url: str) -> None:
    """List each person's channels, and when each was last shown to work, by what.

    Exit status 0 when every person has a way that was shown to work; 1 when somebody has none, or the daemon does not
    answer.
    """
    from watchtower.api.client import Client

    people = Client(url).get("/api/v1/responders")["responders"]
    for person in people:
        if as_json:
            click.echo(json.dumps(person, ensure_ascii=False))
        else:
            for line in lines(person):
                click.echo("\t".join(line))
    sys.exit(0 if all(any(way["by"] for way in person["ways"]) for person in people) else 1)


def lines(person: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """`li`, `sms.cn`, `alibaba`, when and by what, of each way."""
    for way in person["ways"]:
        since = f"proven {local(way['proven_at'])} by {way['by']}" if way["by"] else "never proven"
        yield person["name"], way["channel"], way["vendor"], since
