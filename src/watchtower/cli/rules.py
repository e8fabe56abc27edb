"""`watchtower rules` lists the tables of rules.toml and all their defaults."""

from __future__ import annotations

import click

from watchtower.cli.arguments import new_command
from watchtower.errors import UsageError


@new_command()
@click.argument("table", required=False)
@click.option("--defaults", "show", is_flag=True, help="All keys with their defaults, as TOML.")
def command(table: str | None, show: bool) -> None:
    """What can stand in rules.toml: each table in a sentence, or with --defaults all its keys.

    What --defaults prints can be kept as rules.toml and changes nothing: edit the lines that you want otherwise.
    """
    from watchtower.config.defaults import defaults, tables
    from watchtower.config.problems import did_you_mean

    known = tables()
    if table is not None and table not in known:
        hint = did_you_mean(table, known, "tables", 30)
        raise UsageError(f'there is no table "{table}"\n  hint: {hint}')
    if show:
        if table is None:
            click.echo(
                "# All that rules.toml can say, with its defaults. #key = … is yours to fill in, or switches"
            )
            click.echo(
                "# something on by being there; the other keys may stay as they are and change nothing.\n"
            )
        click.echo("\n".join(defaults(name) for name in ([table] if table else known)), nl=False)
        return
    for name, sentence in known.items():
        if table in (None, name):
            click.echo(f"{name:<11} {sentence}")
