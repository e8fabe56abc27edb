"""`watchtower incidents` lists open and past incidents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

import click

from watchtower.cli.arguments import new_command, url_option
from watchtower.cli.listing import Listing, exit_code_option, json_option, local, present, watch_option

if TYPE_CHECKING:
    from watchtower.api.client import Client

COLUMNS = ("severity", "incident", "state", "since", "what")
STYLES = {"P0": "bold white on red", "P1": "bold red", "P2": "yellow", "P3": "cyan", "P4": "dim"}
_OVER = ("resolved", "unwatched")


@new_command()
@click.option("--open", "open_only", is_flag=True, help="Only those that are not resolved.")
@click.option("--flow", default="", help="Only those of this flow.")
@click.option("--severity", default="", help="Only those of this severity, such as P1.")
@click.option(
    "--limit", type=click.IntRange(1, 100_000), default=20, show_default=True, help="At most so many."
)
@json_option
@watch_option
@exit_code_option
@url_option
def command(
    open_only: bool, limit: int, as_json: bool, watch: bool, exit_code: bool, url: str, **asked: str
) -> None:
    """List incidents of the running daemon, the newest first.

    Exit status 0, also when there are none; 1 when the daemon does not answer; with --exit-code 3 when one is open.
    """

    def fetch(client: Client) -> Listing:
        query = {name: value for name, value in asked.items() if value} | (
            {"open": "true"} if open_only else {}
        )
        query |= {"limit": str(min(limit, 1000))}
        found = list(islice(client.parts("/api/v1/incidents", "incidents", **query), limit))
        styles = [STYLES[one["severity"]] if one["state"] not in _OVER else "dim" for one in found]
        empty = "no open incident" if open_only else "no incident"
        wrong = any(one["state"] not in _OVER for one in found)
        return Listing(COLUMNS, [row(one) for one in found], found, empty, styles, wrong)

    present(url, fetch, as_json=as_json, watch=watch, exit_code=exit_code)


def row(incident: Mapping[str, Any]) -> Sequence[str]:
    """Severity, id, state, onset in this machine's zone, title."""
    state = incident["state"]
    if state == "acknowledged":
        state = f"acknowledged by {incident['acknowledged_by']}"
    return incident["severity"], incident["id"], state, local(incident["onset"]), incident["title"]["en"]
