"""`watchtower token`: personal tokens for programs."""

from __future__ import annotations

import json

import click

from watchtower.cli.arguments import ConsoleCommand, actor, by_option, url_option


@click.group()
def command() -> None:
    """Personal tokens, with which programs act for an account: add, list, revoke.

    Exit status 0 when it is done; 1 when the answer is no, or the daemon does not answer; 2 for bad usage.
    """


@command.command("add", cls=ConsoleCommand)
@click.argument("title")
@click.option("--for", "account", required=True, help="The account for which it acts.")
@click.option(
    "--scope", "scopes", multiple=True, required=True,
    help="What it may: read, respond, worker, admin, push, or push:CHECK. Repeatable.",
)  # fmt: skip
@click.option("--expires", default="90d", show_default=True, help="After how long it ends; never: for ever.")
@by_option
@url_option
def add(title: str, account: str, scopes: tuple[str, ...], expires: str, by: str, url: str) -> None:
    """Make a token, and print it: this once. TITLE says what it is for."""
    from watchtower.api.client import Client

    until = "" if expires == "never" else expires
    body = {"account": account, "title": title, "scopes": list(scopes), "expires": until}
    click.echo(Client(url).say("/api/v1/tokens", actor(by), **body)["token"])


@command.command("list", cls=ConsoleCommand)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a token.")
@url_option
def listed(as_json: bool, url: str) -> None:
    """List tokens: whose they are, what they may, and when they were last used."""
    from watchtower.api.client import Client

    for one in Client(url).get("/api/v1/tokens")["tokens"]:
        used, ends = one["used_at"] or "never", one["expires_at"] or "never"
        line = f"{one['id']} {one['account']}: {one['title']} ({' '.join(one['scopes'])}), used {used}, expires {ends}"
        click.echo(json.dumps(one, ensure_ascii=False) if as_json else line)


@command.command("revoke", cls=ConsoleCommand)
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@by_option
@url_option
def revoke(ids: tuple[str, ...], by: str, url: str) -> None:
    """End each token, by the ID that the list shows."""
    from urllib.parse import quote

    from watchtower.api.client import Client

    for id in ids:
        Client(url).say(f"/api/v1/tokens/{quote(id, safe='')}/revoke", actor(by))
        click.echo(f"{id} is revoked")
