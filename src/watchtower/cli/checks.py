"""`watchtower checks` lists checks with the state of each series."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from watchtower.cli.arguments import new_command, url_option
from watchtower.cli.listing import Listing, exit_code_option, json_option, local, present, watch_option

if TYPE_CHECKING:
    from watchtower.api.client import Client

COLUMNS = ("state", "check", "series", "flow", "sampled", "detail")
_WELL = ("ok", "quiet")
_STYLES = {
    "down": "bold red",
    "zero": "bold red",
    "low": "red",
    "high": "red",
    "probe_failed": "yellow",
    "no_data": "yellow",
}


@new_command()
@click.option("--ill", is_flag=True, help="Only series that are not well, and checks without a sample.")
@click.option("--flow", default="", help="Only checks of this flow.")
@json_option
@watch_option
@exit_code_option
@url_option
def command(ill: bool, flow: str, as_json: bool, watch: bool, exit_code: bool, url: str) -> None:
    """List the checks of the running daemon, a line for each series.

    Exit status 0; 1 when the daemon does not answer; with --exit-code 3 when a series is not well.
    """

    def fetch(client: Client) -> Listing:
        checks = client.all("/api/v1/checks", "checks", **({"flow": flow} if flow else {}))
        series = [(check, one) for check in checks for one in check["series"] or [None]]
        shown = [(check, one) for check, one in series if not ill or state(one) not in _WELL]
        names = {check["name"] for check, _ in shown}
        return Listing(
            COLUMNS, [_row(check, one) for check, one in shown], [one for one in checks if one["name"] in names],
            "every check is well" if ill else "no check", [_STYLES.get(state(one), "") for _, one in shown],
            wrong=any(state(one) not in (*_WELL, "waiting") for _, one in series),
        )  # fmt: skip

    present(url, fetch, as_json=as_json, watch=watch, exit_code=exit_code)


def state(series: Mapping[str, Any] | None) -> str:
    """How the board shows it; `waiting`: not sampled yet."""
    return "waiting" if series is None else str(series["look"])


def _row(check: Mapping[str, Any], one: Mapping[str, Any] | None) -> tuple[str, ...]:
    if one is None:
        return state(one), check["name"], "", check["flow"], "", ""
    detail = ": ".join(filter(None, (one["reason"], one["detail"])))
    return state(one), check["name"], one["series"], one["flow"], local(one["at"]), detail
