"""`watchtower resolve INCIDENT` resolves an incident by hand."""

from __future__ import annotations

import click

from watchtower.cli.arguments import actor, by_option, new_command, url_option


@new_command()
@click.argument("incident")
@by_option
@url_option
def command(incident: str, by: str, url: str) -> None:
    """Resolve INCIDENT by hand. While an alert of it fires, the answer is no: it resolves by itself when they stop.

    Exit status 0 when it is resolved; 1 when it is not, or the daemon does not answer.
    """
    from watchtower.api.client import Client, incident_path

    answer = Client(url).say(incident_path(incident, "resolve"), actor(by))
    click.echo(f"{incident} is resolved{'' if answer['changed'] else ' already'}")
