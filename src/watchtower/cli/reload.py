"""`watchtower reload` makes the daemon read its configuration again, and confirms a held one."""

from __future__ import annotations

import sys

import click

from watchtower.cli.arguments import actor, by_option, new_command, url_option
from watchtower.errors import UsageError


@new_command()
@click.option(
    "--confirm", is_flag=True, help="Accept it although it drops every rule, every responder or a file."
)
@by_option
@url_option
def command(confirm: bool, by: str, url: str) -> None:
    """Read the configuration again, now.

    Exit status 0 when the new one is in force; 1 when it is refused, held until you --confirm, or no daemon answers.
    """
    from watchtower.api.client import Answered, Client

    try:
        who = actor(by)
    except UsageError:
        who = "somebody"
    try:
        Client(url).say(f"/-/reload{'?confirm=true' if confirm else ''}", who)
    except Answered as error:
        click.echo("\n".join([str(error), *error.problems]), err=True)
        sys.exit(1)
    click.echo("the new configuration is in force")
