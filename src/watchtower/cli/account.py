"""`watchtower account`: who may sign in, and as what."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import click

from watchtower.cli.arguments import ConsoleCommand, actor, by_option, url_option
from watchtower.model import AccessRole


@click.group()
def command() -> None:
    """Accounts of the people who sign in: add, list, link, sign-out, remove.

    Exit status 0 when it is done; 1 when the answer is no, or the daemon does not answer; 2 for bad usage.
    """


@command.command("add", cls=ConsoleCommand)
@click.argument("name")
@click.option(
    "--role", type=click.Choice([str(one) for one in AccessRole]), default=str(AccessRole.RESPOND), show_default=True,
    help="What the person may do. An account that is there gets this role at once.",
)  # fmt: skip
@by_option
@url_option
def add(name: str, role: str, by: str, url: str) -> None:
    """Make the account NAME, and print the one-time link with which its owner sets the password."""
    made = _say(url, "", by, name=name, role=role)["account"]
    click.echo(f"{made['name']}: {made['role']}")
    if not made["ways"]:
        click.echo(_say(url, f"/{quote(made['name'], safe='')}/link", by)["link"])


@command.command("list", cls=ConsoleCommand)
@click.option("--json", "as_json", is_flag=True, help="One JSON object an account.")
@url_option
def listed(as_json: bool, url: str) -> None:
    """List accounts: role, how they sign in, and how many sessions are open."""
    from watchtower.api.client import Client

    for one in Client(url).get("/api/v1/accounts")["accounts"]:
        ways = ", ".join(one["ways"]) or "has set no password"
        line = f"{one['name']}: {one['role']} ({ways}), sessions {one['sessions']}"
        click.echo(json.dumps(one, ensure_ascii=False) if as_json else line)


@command.command("link", cls=ConsoleCommand)
@click.argument("name", default="-")
@by_option
@url_option
def link(name: str, by: str, url: str) -> None:
    """Print a one-time link with which NAME sets a new password. Without NAME: with which you make an admin's account."""
    click.echo(_say(url, f"/{quote(name, safe='')}/link", by)["link"])


@command.command("sign-out", cls=ConsoleCommand)
@click.argument("name")
@by_option
@url_option
def sign_out(name: str, by: str, url: str) -> None:
    """End all sessions of NAME."""
    ended = _say(url, f"/{quote(name, safe='')}/signout", by)["ended"]
    click.echo(f"{name}: {ended} session(s) ended")


@command.command("remove", cls=ConsoleCommand)
@click.argument("name")
@by_option
@url_option
def remove(name: str, by: str, url: str) -> None:
    """Remove the account NAME with its sessions and tokens."""
    _say(url, f"/{quote(name, safe='')}/remove", by)
    click.echo(f"{name} is removed")


def _say(url: str, path: str, by: str, **more: Any) -> Any:
    from watchtower.api.client import Client

    return Client(url).say(f"/api/v1/accounts{path}", actor(by), **more)
