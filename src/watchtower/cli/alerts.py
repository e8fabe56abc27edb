"""`watchtower alerts` lists alerts that are pending or firing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from watchtower.cli.arguments import new_command, url_option
from watchtower.cli.incidents import STYLES
from watchtower.cli.listing import (
    Listing,
    exit_code_option,
    json_option,
    local,
    present,
    text_of,
    watch_option,
)

if TYPE_CHECKING:
    from watchtower.api.client import Client

COLUMNS = ("severity", "state", "incident", "rule", "check", "series", "since", "what")


@new_command()
@click.option("--firing", is_flag=True, help="Only those that fire, none that are pending.")
@json_option
@watch_option
@exit_code_option
@url_option
def command(firing: bool, as_json: bool, watch: bool, exit_code: bool, url: str) -> None:
    """List alerts of the running daemon: the worst first.

    Exit status 0; 1 when the daemon does not answer; with --exit-code 3 when an alert fires.
    """

    def fetch(client: Client) -> Listing:
        found = [
            one for one in client.all("/api/v1/alerts", "alerts") if not firing or one["state"] == "firing"
        ]
        found.sort(key=lambda one: (one["severity"], one["state"], one["onset"] or ""))
        rows = [
            (
                one["severity"], one["state"], one["incident"] or "", one["rule"], one["check"], one["series"],
                local(one["onset"]), text_of(one["text"]) or one["when"],
            )
            for one in found
        ]  # fmt: skip
        fires = any(one["state"] == "firing" for one in found)
        return Listing(COLUMNS, rows, found, "no alert", [STYLES[one["severity"]] for one in found], fires)

    present(url, fetch, as_json=as_json, watch=watch, exit_code=exit_code)
