"""`watchtower run` runs the daemon until SIGTERM or SIGINT; SIGHUP reads the configuration again."""

from __future__ import annotations

import click

from watchtower.cli.signals import hung_up


@click.command(short_help="Run the daemon.")
@click.option("--rules", type=click.Path(), help="rules.toml; by default WATCHTOWER_RULES.")
@click.option("--checks", type=click.Path(), help="The folder of checks; by default WATCHTOWER_CHECKS.")
def command(rules: str | None, checks: str | None) -> None:
    """Run the daemon.

    A wrong configuration is reported as a whole, and nothing starts (exit status 2).
    """
    from watchtower.app.serving import serve

    serve(rules, checks, hung_up)
