"""`watchtower canary` sends everybody a test page by each of their channels, through the daemon's outbox."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

import click

from watchtower.cli.arguments import Duration, actor, by_option, new_command, url_option

_LOOK = 0.5
"""Seconds between two looks at what became of the pages."""
_ON_THE_WAY = ("held", "queued", "failing")
_BAD = ("failed", "undelivered", "cancelled")


@new_command()
@click.argument("responder", default="")
@click.option("--wait", type=Duration(), default=60.0, help="Wait for the answers for so long. Default: 1m.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a page.")
@by_option
@url_option
def command(responder: str, wait: float, as_json: bool, by: str, url: str) -> None:
    """Send RESPONDER, or everybody, a test page by each of their channels, and show what became of it.

    Exit status 0 when every receiver took it; 1 when one did not in time, or the daemon does not answer.
    """
    from watchtower.api.client import Client

    client, until = Client(url), time.monotonic() + wait
    path = f"/api/v1/canary/{client.say('/api/v1/canary', actor(by), responder=responder)['canary']}"
    pages = client.get(path)["pages"]
    while any(page["state"] in _ON_THE_WAY for page in pages) and time.monotonic() < until:
        time.sleep(_LOOK)
        pages = client.get(path)["pages"]
    for line in [json.dumps(page, ensure_ascii=False) for page in pages] if as_json else lines(pages):
        click.echo(line)
    sys.exit(1 if any(page["state"] in (*_ON_THE_WAY, *_BAD) for page in pages) else 0)


def lines(pages: Sequence[Mapping[str, Any]]) -> list[str]:
    """A line for each page: who, by what, and what became of it."""
    wide = max((len(page["responder"]) for page in pages), default=0)
    return [
        f"{page['responder']:<{wide}}  {page['channel']:<10} {'rings, ' if page['rings'] else ''}{page['state']}"
        + (f": {page['answer']}" if page["answer"] else "")
        for page in pages
    ]
