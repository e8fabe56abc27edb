"""`watchtower login` keeps a token for commands, so that it stands in no environment and no history of a shell."""

from __future__ import annotations

import os
import sys
from urllib.parse import urlsplit

import click

from watchtower.cli.arguments import new_command, note
from watchtower.errors import UsageError


@new_command()
@click.argument("url", required=False, default="")
@click.option("--out", is_flag=True, help="Forget the token of URL, or of the last login.")
def command(url: str, out: bool) -> None:
    """Keep a token for the daemon at URL, and ask there from now on where a command has no --url.

    The token is asked for, or read from standard input. Make one on the page /account of the
    daemon, or by `watchtower token add`.

    Exit status 0 when it is kept; 1 when the daemon refuses it or does not answer; 2 for bad usage.
    """
    from watchtower.api.client import Client, checked
    from watchtower.api.saved_tokens import load, save

    kept = load(os.environ)
    url = checked(url) or kept.default
    if out:
        if kept.tokens.pop(url, None) is None:
            raise UsageError(f"there is no token for {url or 'any address'}")
        kept.default = "" if kept.default == url else kept.default
        save(os.environ, kept)
        click.echo(f"the token for {url} is forgotten; `watchtower token revoke` ends it")
        return
    if not url:
        raise UsageError("write the address: watchtower login https://watch.example")
    host = urlsplit(url).hostname or ""
    if url.startswith("http://") and host not in ("localhost", "::1") and not host.startswith("127."):
        note(f"warning: the token goes to {url} in the clear, and whoever is on the way may read it")
    asked = sys.stdin.isatty()
    token = (click.prompt("Token", hide_input=True) if asked else sys.stdin.readline()).strip()
    who = Client(url, token=token).get("/api/v1/me")
    if who["role"] is None and not who["push"]:
        raise UsageError("that is no token")
    kept.tokens[url], kept.default = token, url
    file = save(os.environ, kept)
    click.echo(f"{who['name'] or 'the API token for all'} ({who['role'] or 'push'}) at {url}, kept in {file}")
