"""`watchtower ack INCIDENT` acknowledges an incident."""

from __future__ import annotations

import click

from watchtower.cli.arguments import actor, by_option, new_command, url_option


@new_command()
@click.argument("incident")
@by_option
@url_option
def command(incident: str, by: str, url: str) -> None:
    """Acknowledge INCIDENT: reminders stop, and everybody sees who is on it.

    Exit status 0 when it is yours; 1 when somebody else has it, it is over, or the daemon does not answer.
    """
    from watchtower.api.client import Client, incident_path

    answer = Client(url).say(incident_path(incident, "ack"), actor(by))
    before = "" if answer["changed"] else " already"
    click.echo(f"{incident} is acknowledged by {answer['incident']['acknowledged_by']}{before}")
