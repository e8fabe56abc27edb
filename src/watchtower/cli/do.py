"""`watchtower do INCIDENT ACTION key=value …` executes an action on an incident."""

from __future__ import annotations

import getpass
import sys
import time
from urllib.parse import quote

import click

from watchtower.errors import UsageError, WatchtowerError


@click.command(short_help="Execute an action on an incident: note, role, step, severity, update, …")
@click.argument("incident", required=False)
@click.argument("action", required=False)
@click.argument("fields", nargs=-1, metavar="[KEY=VALUE]...")
@click.option("--by", default="", help="Who does it; by default the user of this machine.")
@click.option("--url", default="", help="The daemon's address; by default WATCHTOWER_LISTEN.")
@click.option(
    "--lang", type=click.Choice(["en", "zh"]), default="en", help="The language of the list of actions."
)
def command(
    incident: str | None, action: str | None, fields: tuple[str, ...], by: str, url: str, lang: str
) -> None:
    """Do ACTION to INCIDENT, with its fields as KEY=VALUE. Without an ACTION: list what there is to do.

    Exit status 0 when it is done; 1 when it may not be, or the daemon does not answer; 2 for bad usage.
    """
    from watchtower.api.client import Client, incident_path
    from watchtower.core.actions.action import accept
    from watchtower.core.pipeline.features import ACTIONS

    if incident is None or action is None:
        _list(lang)
        return
    if action not in ACTIONS:
        _wrong(_unknown(action))
    given = {}
    for field in fields:
        name, equals, value = field.partition("=")
        if not equals:
            _wrong(f'"{field}" is not KEY=VALUE\n  hint: {_usage(action)}')
        given[name] = value
    try:
        accept(ACTIONS[action], given, time.time())
    except ValueError as error:
        _wrong(f"{error}\n  hint: {_usage(action)}")
    try:
        by = by.strip() or getpass.getuser()
        Client(url).say(incident_path(incident, f"do/{quote(action)}"), by, fields=given)
    except (KeyError, OSError):
        _wrong("this machine does not know who you are: give --by NAME")
    except WatchtowerError as error:
        click.echo(str(error), err=True)
        sys.exit(2 if isinstance(error, UsageError) else 1)
    click.echo(f"{incident}: {action} by {by}")


def _wrong(text: str) -> None:
    click.echo(text, err=True)
    sys.exit(2)


def _unknown(action: str) -> str:
    from watchtower.core.expressions import suggest
    from watchtower.core.pipeline.features import ACTIONS

    return f'there is no action "{action}"\n  hint: {suggest(action, ACTIONS)}'


def _usage(action: str) -> str:
    from watchtower.core.pipeline.features import ACTIONS

    fields = ACTIONS[action].fields
    words = [f"{name}=…" if one.required else f"[{name}=…]" for name, one in fields.items()]
    return " ".join(["watchtower do INCIDENT", action, *words])


def _list(lang: str) -> None:
    from rich.console import Console
    from rich.table import Table

    from watchtower.core.pipeline.features import ACTIONS
    from watchtower.model import Language

    language = Language(lang)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("ACTION", "FIELDS ([ ]: may be left out)", ""):
        table.add_column(title)
    for name, action in ACTIONS.items():
        fields = " ".join(n if one.required else rf"\[{n}]" for n, one in action.fields.items())
        table.add_row(name, fields, action.help.in_(language))
    Console().print(table)
