"""`watchtower backup FOLDER` copies the store into a file, while the daemon runs."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import click

from watchtower.cli.arguments import new_command, progress
from watchtower.cli.verify import report

history_option = click.option(
    "--history", is_flag=True, help="Copy the history of measurements too, from the file beside the store."
)


@new_command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--keep", type=click.IntRange(1), metavar="N", help="Then remove all but the newest N backups.")
@history_option
def command(folder: Path, keep: int | None, history: bool) -> None:
    """Copy WATCHTOWER_STORE into a new file in FOLDER, and check the copy. The daemon may run; it does not wait.

    Exit status 0; 1 when nothing could be written, or the copy shows that the log was changed: then no older backup is
    removed; 2 for bad usage.
    """
    from watchtower.app.backup import back_up
    from watchtower.config.settings import read

    settings = read(os.environ)
    file, proof = asyncio.run(
        back_up(settings.store, folder, keep, progress, history, history_file(settings.history))
    )
    click.echo(f"{file}, {file.stat().st_size / 1e6:.1f} MB")
    report(proof)


def history_file(setting: str) -> Path | None:
    """The file that WATCHTOWER_HISTORY names; None: where the store keeps it."""
    return None if setting in ("auto", "off") else Path(setting)
