"""`watchtower run`: the daemon, until SIGTERM or SIGINT; SIGHUP reads the configuration again."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from watchtower.config.settings import EnvironmentSettings, read_settings
from watchtower.errors import ConfigError, WatchtowerError

if TYPE_CHECKING:
    from watchtower.config import Loaded


@click.command(short_help="Run the daemon.")
@click.option("--rules", type=click.Path(path_type=Path), help="rules.toml; by default WATCHTOWER_RULES.")
@click.option(
    "--checks", type=click.Path(path_type=Path), help="The folder of checks; by default WATCHTOWER_CHECKS."
)
def command(rules: Path | None, checks: Path | None) -> None:
    """Run the daemon.

    A wrong configuration is reported as a whole, and nothing starts (exit status 2).
    """
    from watchtower.config import load

    try:
        settings = read_settings(os.environ, rules=rules, checks=checks)
        loaded = load(settings.rules, settings.checks, os.environ)
    except ConfigError as error:
        click.echo(str(error), err=True)
        click.echo(f"\n{len(error.problems)} problem(s); nothing was started", err=True)
        sys.exit(2)
    except WatchtowerError as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    sys.exit(_serve(settings, loaded))


def _serve(settings: EnvironmentSettings, loaded: Loaded) -> int:
    import asyncio

    import uvloop

    from watchtower import logs
    from watchtower.app import Daemon

    logs.configure(settings.log_format, settings.log_level, loaded.secrets.redact)
    for warning in loaded.warnings:
        logs.log.warning("configuration_warning", problem=str(warning))

    async def serve() -> None:
        await Daemon(settings, loaded, os.environ).run()

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve())
    except WatchtowerError as error:
        logs.log.critical("daemon_ended", error=str(error))
        return 1
    except Exception as error:  # noqa: BLE001 - the last word before the end belongs in the log
        logs.log.critical("daemon_died", exc_info=error)
        return 1
    return 0
