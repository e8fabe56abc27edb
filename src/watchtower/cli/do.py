"""`watchtower do INCIDENT ACTION key=value …` executes an action on an incident."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from urllib.parse import quote

import click

from watchtower.cli.arguments import ConsoleCommand, actor, by_option, lang_option, must_be, url_option
from watchtower.errors import UsageError
from watchtower.model import Language

if TYPE_CHECKING:
    from watchtower.core.actions.action import Action


class _ByTopic(ConsoleCommand):
    """Its help lists the actions by topic."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, actions in topics():
            with formatter.section(title):
                formatter.write_dl([(name, one.help.en) for name, one in actions])


def topics() -> list[tuple[str, list[tuple[str, Action]]]]:
    """The actions of each feature that has some, below its name."""
    from watchtower.core.pipeline.features import FEATURES

    return [
        (one.name.capitalize(), [(action.name, action) for action in one.actions])
        for one in FEATURES
        if one.actions
    ]


@click.command(cls=_ByTopic)
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

    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("ACTION", "FIELDS ([ ]: may be left out)", ""):
        table.add_column(title)
    for title, actions in topics():
        table.add_row(f"[bold]{title}[/]")
        for name, action in actions:
            fields = " ".join(n if one.required else rf"\[{n}]" for n, one in action.fields.items())
            table.add_row(f"  {name}", fields, action.help.in_(language))
    Console().print(table)
