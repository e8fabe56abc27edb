"""`watchtower do INCIDENT ACTION key=value …` executes an action on an incident."""

from __future__ import annotations

import time
from urllib.parse import quote

import click

from watchtower.cli.arguments import actor, by_option, lang_option, must_be, new_command, url_option
from watchtower.errors import UsageError
from watchtower.model import Language


@new_command()
@click.argument("incident", required=False)
@click.argument("action", required=False)
@click.argument("fields", nargs=-1, metavar="[KEY=VALUE]...")
@by_option
@url_option
@lang_option
def command(
    incident: str | None, action: str | None, fields: tuple[str, ...], by: str, url: str, lang: Language
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
    must_be("action", action, ACTIONS)
    given = {}
    for field in fields:
        name, equals, value = field.partition("=")
        if not equals:
            raise UsageError(f'"{field}" is not KEY=VALUE\n  hint: {_usage(action)}')
        given[name] = value
    try:
        accept(ACTIONS[action], given, time.time())
    except ValueError as error:
        raise UsageError(f"{error}\n  hint: {_usage(action)}") from None
    who = actor(by)
    Client(url).say(incident_path(incident, f"do/{quote(action)}"), who, fields=given)
    click.echo(f"{incident}: {action} by {who}")


def _usage(action: str) -> str:
    from watchtower.core.pipeline.features import ACTIONS

    fields = ACTIONS[action].fields
    words = [f"{name}=…" if one.required else f"[{name}=…]" for name, one in fields.items()]
    return " ".join(["watchtower do INCIDENT", action, *words])


def _list(language: Language) -> None:
    from rich.console import Console
    from rich.table import Table

    from watchtower.core.pipeline.features import ACTIONS

    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("ACTION", "FIELDS ([ ]: may be left out)", ""):
        table.add_column(title)
    for name, action in ACTIONS.items():
        fields = " ".join(n if one.required else rf"\[{n}]" for n, one in action.fields.items())
        table.add_row(name, fields, action.help.in_(language))
    Console().print(table)
