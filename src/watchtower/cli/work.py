"""`watchtower work` makes checks for the daemon, on another machine or at another place, until SIGTERM or SIGINT."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import click

from watchtower.cli.arguments import configuration_options, new_command
from watchtower.cli.signals import hung_up


@new_command()
@click.option(
    "--location", default="", help="Where this is, as checks name it. Default: WATCHTOWER_LOCATION."
)
@click.option("--name", default="", help="How people see this worker. Default: host and process.")
@click.option("--to", "url", default="", help="A daemon's address, where its database is out of reach.")
@configuration_options
def command(rules: Path, checks: Path, location: str, name: str, url: str) -> None:
    """Make checks for the daemon, from another machine or another place.

    It takes its share of the checks of its location, and hands what they measure to the database
    of WATCHTOWER_STORE, or to the daemon at --to with WATCHTOWER_WORK_TOKEN. It needs the same
    rules.toml and checks/ as the daemon, and the secrets of the checks that it makes.

    Exit status 0 after SIGTERM or SIGINT; 2 for bad usage or a wrong configuration.
    """
    from watchtower.app.serving import Working, serve

    serve(
        str(rules),
        str(checks),
        hung_up,
        Working(location, name or f"{socket.gethostname()}:{os.getpid()}", url),
    )
