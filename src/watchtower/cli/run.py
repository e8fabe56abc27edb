"""`watchtower run`: the daemon, until SIGTERM or SIGINT; SIGHUP reads the configuration again."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from watchtower.cli.signals import hung_up
from watchtower.errors import ConfigError, WatchtowerError

if TYPE_CHECKING:
    from watchtower.app.configuration import Configuration


@click.command(short_help="Run the daemon.")
@click.option("--rules", type=click.Path(path_type=Path), help="rules.toml; by default WATCHTOWER_RULES.")
@click.option(
    "--checks", type=click.Path(path_type=Path), help="The folder of checks; by default WATCHTOWER_CHECKS."
)
def command(rules: Path | None, checks: Path | None) -> None:
    """Run the daemon.

    A wrong configuration is reported as a whole, and nothing starts (exit status 2).
    """
    from watchtower import log_writer

    log_writer.take_over()
    from watchtower.app.configuration import Configuration

    try:
        configuration = Configuration.first(os.environ, rules, checks)
    except ConfigError as error:
        click.echo(f"{error}\n\n{len(error.problems)} problem(s); nothing was started", err=True)
        sys.exit(2)
    except WatchtowerError as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    for warning in configuration.loaded.warnings:
        click.echo(f"warning: {warning}", err=True)
    _end(_serve(configuration))


def _serve(configuration: Configuration) -> int:
    import uvloop

    from watchtower import logs
    from watchtower.app import Leadership
    from watchtower.app.limits import raise_open_files

    settings = configuration.settings
    logs.configure(settings.log_format, settings.log_level, configuration.redact)
    raise_open_files()

    async def serve() -> None:
        await Leadership(configuration, hung_up).run()

    try:
        uvloop.new_event_loop().run_until_complete(serve())
    except WatchtowerError as error:
        logs.log.critical("daemon_ended", error=str(error))
        return 1
    except Exception as error:  # noqa: BLE001 - the last word before the end belongs in the log
        logs.log.critical("daemon_died", exc_info=error)
        return 1
    return 0


def _end(status: int) -> NoReturn:
    """Now. Everything is on the disk, and a thread that waits for a far side must not hold up the end."""
    import logging

    from watchtower.log_writer import last_words

    logging.shutdown()
    last_words()
    os._exit(status)
