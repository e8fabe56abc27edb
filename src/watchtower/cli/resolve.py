"""`watchtower resolve INCIDENT` resolves an incident by hand."""

from __future__ import annotations

import getpass
import sys

import click

from watchtower.errors import UsageError, WatchtowerError


@click.command(short_help="Resolve an incident whose alerts no longer fire.")
@click.argument("incident")
@click.option("--by", default="", help="Who does it; by default the user of this machine.")
@click.option("--url", default="", help="The daemon's address; by default WATCHTOWER_LISTEN.")
def command(incident: str, by: str, url: str) -> None:
    """Resolve INCIDENT by hand. While an alert of it fires, the answer is no: it resolves by itself when they stop.

    Exit status 0 when it is resolved; 1 when it is not, or the daemon does not answer.
    """
    from watchtower.api.client import Client, incident_path

    try:
        by = by.strip() or getpass.getuser()
        answer = Client(url).say(incident_path(incident, "resolve"), by)
    except (KeyError, OSError):
        click.echo("this machine does not know who you are: give --by NAME", err=True)
        sys.exit(2)
    except WatchtowerError as error:
        click.echo(str(error), err=True)
        sys.exit(2 if isinstance(error, UsageError) else 1)
    click.echo(f"{incident} is resolved{'' if answer['changed'] else ' already'}")
