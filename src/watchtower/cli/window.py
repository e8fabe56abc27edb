"""`watchtower window` lists maintenance windows, and holds back pages while a command runs."""

from __future__ import annotations

import shlex
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from watchtower.cli.arguments import actor, by_option, new_command, note, url_option
from watchtower.cli.listing import Listing, json_option, local, present, watch_option
from watchtower.errors import UsageError, WatchtowerError

if TYPE_CHECKING:
    from watchtower.api.client import Client

COLUMNS = ("state", "window", "from", "until", "what")


@new_command(context_settings={"allow_interspersed_args": False})
@click.option(
    "--match",
    "-m",
    "matchers",
    multiple=True,
    help="What is silenced while COMMAND runs: flow=checkout. Repeatable.",
)
@click.option(
    "--for", "lasts", default="1h", show_default=True, help="How long at most, whatever becomes of COMMAND."
)
@json_option
@watch_option
@by_option
@url_option
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="[COMMAND]...")
def command(
    matchers: tuple[str, ...],
    lasts: str,
    as_json: bool,
    watch: bool,
    by: str,
    url: str,
    words: tuple[str, ...],
) -> None:
    """List maintenance windows. With --match and COMMAND: silence what fits while COMMAND runs, such as a deployment.

    Exit status that of COMMAND, which runs also when the daemon does not answer: that is only said. Without COMMAND 0; 1 when the
    daemon does not answer; 2 for bad usage.
    """
    if bool(matchers) != bool(words):
        raise UsageError("write both, --match and COMMAND: watchtower window -m flow=checkout ./deploy.sh")
    if words:
        sys.exit(_during(url, actor(by), {"matchers": _usable(matchers), "ends_at": lasts}, words))
    present(url, _windows, as_json=as_json, watch=watch)


def _windows(client: Client) -> Listing:
    found = client.get("/api/v1/silences")["maintenance"]
    rows = [
        (
            one["state"], one["name"], local(one["starts_at"]), local(one["ends_at"]),
            ", ".join(one["matchers"]),
        )
        for one in found
    ]  # fmt: skip
    return Listing(
        COLUMNS, rows, found, "no maintenance window", ["bold" * (one["state"] == "active") for one in found]
    )


def _usable(matchers: tuple[str, ...]) -> list[str]:
    from watchtower.core.matchers import parse_matchers

    try:
        return [str(one) for one in parse_matchers(matchers)]
    except ValueError as error:
        raise UsageError(str(error)) from None


def _during(url: str, who: str, asked: dict[str, Any], words: tuple[str, ...]) -> int:
    """Runs the command, and ends the silence whatever it came to. Returns its exit status, as shells have it."""
    from watchtower.api.client import Client

    client, silence = Client(url), None
    try:
        made = client.say("/api/v1/silences", who, reason=f"while {shlex.join(words)} runs"[:200], **asked)[
            "silence"
        ]
        silence = made["id"]
        note(
            f"{silence} holds back pages of {made['checks']} check(s) until {local(made['ends_at'])} at the latest"
        )
    except WatchtowerError as error:
        note(f"nothing is silenced: {error}")
    try:
        child = subprocess.Popen(words)
    except OSError as error:
        note(f"{words[0]}: {error.strerror}")
        status = 127
    else:
        for one in (
            signal.SIGINT,
            signal.SIGTERM,
        ):  # to both of us from a terminal; the command decides, we clean up
            signal.signal(
                one, lambda number, _: child.send_signal(number) if number == signal.SIGTERM else None
            )
        status = child.wait()
    if silence is not None:
        try:
            client.say(f"/api/v1/silences/{quote(silence, safe='')}/expire", who)
            note(f"{silence} is over")
        except WatchtowerError as error:
            note(f"{silence} could not be ended, and ends by itself: {error}")
    return 128 - status if status < 0 else status
