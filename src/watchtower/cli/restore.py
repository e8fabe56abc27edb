"""`watchtower restore FROM` fills an empty store from a backup, or moves a store to it."""

from __future__ import annotations

import asyncio
import os

import click

from watchtower.cli.arguments import new_command, progress
from watchtower.cli.backup import history_file, history_option
from watchtower.cli.verify import report, url_or_log
from watchtower.errors import UsageError


@new_command()
@click.argument("origin", metavar="FROM")
@history_option
def command(origin: str, history: bool) -> None:
    """Copy FROM, a backup or a store, to WATCHTOWER_STORE, where there is none yet, and check the copy.

    FROM is a file or the URL of a store. A store that is no backup must be stopped, and is marked as moved: no daemon runs
    on it any more. SQLite goes to PostgreSQL so, and back.

    Exit status 0; 1 when it could not be done, or the log was changed before; 2 for bad usage.
    """
    from watchtower.app.restore import restore
    from watchtower.config.settings import read

    settings = read(os.environ)
    url, log = url_or_log(origin)
    if log is not None:
        raise UsageError(f"{origin} is no store")
    name, proof = asyncio.run(restore(url, settings.store, progress, history, history_file(settings.history)))
    click.echo(f"restored to {name}")
    report(proof)
