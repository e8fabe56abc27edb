"""`watchtower ack INCIDENT` acknowledges an incident."""

from __future__ import annotations

import getpass
import sys

import click

from watchtower.errors import UsageError, WatchtowerError


@click.command(short_help="Acknowledge an incident.")
@click.argument("incident")
@click.option("--by", default="", help="Who acknowledges; by default the user of this machine.")
@click.option("--url", default="", help="The daemon's address; by default WATCHTOWER_LISTEN.")
def command(incident: str, by: str, url: str) -> None:
    """Acknowledge INCIDENT: reminders stop, and everybody sees who is on it.

    Exit status 0 when it is yours; 1 when somebody else has it, it is over, or the daemon does not answer.
    """
    from watchtower.api.client import Client, incident_path

    try:
        by = by.strip() or getpass.getuser()
        answer = Client(url).say(incident_path(incident, "ack"), by)
    except (KeyError, OSError):
        click.echo("this machine does not know who you are: give --by NAME", err=True)
        sys.exit(2)
    except WatchtowerError as error:
        click.echo(str(error), err=True)
        sys.exit(2 if isinstance(error, UsageError) else 1)
    before = "" if answer["changed"] else " already"
    click.echo(f"{incident} is acknowledged by {answer['incident']['acknowledged_by']}{before}")
