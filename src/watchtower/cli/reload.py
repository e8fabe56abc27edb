"""`watchtower reload` makes the daemon read its configuration again, and confirms a held one."""

from __future__ import annotations

import getpass
import sys

import click

from watchtower.errors import UsageError, WatchtowerError


@click.command(short_help="Make the daemon read its configuration again.")
@click.option(
    "--confirm", is_flag=True, help="Accept it although it drops every rule, every responder or a file."
)
@click.option("--by", default="", help="Who does it; by default the user of this machine.")
@click.option("--url", default="", help="The daemon's address; by default WATCHTOWER_LISTEN.")
def command(confirm: bool, by: str, url: str) -> None:
    """Read the configuration again, now.

    Exit status 0 when the new one is in force; 1 when it is refused, held until you --confirm, or no daemon answers.
    """
    from watchtower.api.client import Answered, Client

    try:
        who = by.strip() or getpass.getuser()
    except (KeyError, OSError):
        who = "somebody"
    try:
        Client(url).say(f"/-/reload{'?confirm=true' if confirm else ''}", who)
    except Answered as error:
        click.echo("\n".join([str(error), *error.problems]), err=True)
        sys.exit(1)
    except WatchtowerError as error:
        click.echo(str(error), err=True)
        sys.exit(2 if isinstance(error, UsageError) else 1)
    click.echo("the new configuration is in force")
