"""`watchtower declare` opens an incident that people saw before any check did."""

from __future__ import annotations

import click

from watchtower.cli.arguments import Ago, actor, by_option, new_command, url_option
from watchtower.errors import UsageError
from watchtower.model import Severity
from watchtower.texts.units import iso


@new_command()
@click.argument("text")
@click.option(
    "--flow", default="", help="The flow that suffers. An alert that fires on it joins the incident."
)
@click.option("--severity", type=click.Choice(list(Severity), case_sensitive=False), help="How bad it is.")
@click.option(
    "--indicator",
    "indicators",
    multiple=True,
    metavar="NAME=VALUE",
    help="What the matrix computes the severity from instead, such as affected_users=1200. May be repeated.",
)
@click.option("--since", type=Ago(), help="When it began: 20m ago, or a time. Default: now.")
@by_option
@url_option
def command(
    text: str,
    flow: str,
    severity: str | None,
    indicators: tuple[str, ...],
    since: float | None,
    by: str,
    url: str,
) -> None:
    """Declare an incident, which TEXT describes as users notice it. It pages as any other, and people resolve it.

    Exit status 0 when it is open; 1 when it is refused, or the daemon does not answer; 2 for bad usage.
    """
    from watchtower.api.client import Client

    values = dict(one.split("=", 1) for one in indicators if "=" in one)
    if len(values) < len(indicators):
        raise UsageError("an indicator is NAME=VALUE, such as affected_users=1200")
    body = {"text": text, "flow": flow, "severity": severity or "", "indicators": values}
    body |= {"since": iso(since)} if since is not None else {}
    made = Client(url).say("/api/v1/incidents", actor(by), **body)["incident"]
    click.echo(f"{made['id']} {made['severity']} is open: {made['title']['en']}")
