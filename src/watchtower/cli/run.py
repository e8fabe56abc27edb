"""`watchtower run` runs the daemon until SIGTERM or SIGINT; SIGHUP reads the configuration again."""

from __future__ import annotations

from pathlib import Path

from watchtower.cli.arguments import configuration_options, new_command
from watchtower.cli.signals import hung_up


@new_command()
@configuration_options
def command(rules: Path, checks: Path) -> None:
    """Run the daemon.

    A wrong configuration is reported as a whole, and nothing starts (exit status 2).
    """
    from watchtower.app.serving import serve

    serve(str(rules), str(checks), hung_up)
