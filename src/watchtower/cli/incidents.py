"""`watchtower incidents` lists open and past incidents."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import click

from watchtower.cli.arguments import new_command, url_option

COLUMNS = ("severity", "incident", "state", "since", "what")
_STYLES = {"P0": "bold white on red", "P1": "bold red", "P2": "yellow", "P3": "cyan", "P4": "dim"}


@new_command()
@click.option("--open", "open_only", is_flag=True, help="Only those that are not resolved.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object an incident, as the API gives it.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="At most so many.")
@url_option
def command(open_only: bool, as_json: bool, limit: int, url: str) -> None:
    """List incidents of the running daemon, the newest first.

    Exit status 0, also when there are none; 1 when the daemon does not answer.
    """
    from watchtower.api.client import Client

    found = Client(url).get("/api/v1/incidents", limit=limit, **({"open": "true"} if open_only else {}))
    if as_json:
        for incident in found["incidents"]:
            click.echo(json.dumps(incident, ensure_ascii=False))
    elif not found["incidents"]:
        click.echo("no open incident" if open_only else "no incident")
    elif sys.stdout.isatty():
        _table(found["incidents"])
    else:
        for incident in found["incidents"]:
            click.echo("\t".join(row(incident)))


def row(incident: Mapping[str, Any]) -> Sequence[str]:
    """Severity, id, state, onset in this machine's zone, title."""
    state = incident["state"]
    if state == "acknowledged":
        state = f"acknowledged by {incident['acknowledged_by']}"
    return incident["severity"], incident["id"], state, local(incident["onset"]), incident["title"]["en"]


def local(instant: str) -> str:
    """`2026-11-22 15:43:53 +0800` of an instant of the API."""
    return f"{datetime.fromisoformat(instant).astimezone():%Y-%m-%d %H:%M:%S %z}"


def _table(incidents: Sequence[Mapping[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*COLUMNS, box=None, pad_edge=False)
    for incident in incidents:
        style = _STYLES[incident["severity"]] if incident["state"] not in ("resolved", "unwatched") else "dim"
        first, *rest = row(incident)
        table.add_row(Text(first, style=style), *map(Text, rest))
    Console().print(table)
