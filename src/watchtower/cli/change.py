"""`watchtower change` reports a deployment or another change, and lists what was reported."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import click

from watchtower.cli.arguments import Ago, actor, by_option, new_command, url_option
from watchtower.core.notes.notes import CHANGES
from watchtower.texts.units import iso


@new_command()
@click.argument("text", required=False)
@click.option("--kind", type=click.Choice(CHANGES), help="What kind of change. Default: other.")
@click.option("--flow", default="", help="The flow that it concerns. Default: all.")
@click.option("--service", default="", help="The service that was changed, by any name.")
@click.option("--link", default="", help="Where to read more, such as the pipeline.")
@click.option("--key", default="", help="The same key again adds to this change, such as its end.")
@click.option("--began", type=Ago(), help="When it began: 20m ago, or a time. Default: now.")
@click.option("--ended", type=Ago(), help="When it ended: 0s ago, or a time. Default: it was done at once.")
@click.option("--json", "as_json", is_flag=True, help="List as one JSON object a change.")
@by_option
@url_option
def command(
    text: str | None, began: float | None, ended: float | None, as_json: bool, by: str, url: str, **given: str
) -> None:
    """Report a change, which TEXT describes. Without TEXT and --key: list those of the last day.

    Exit status 0 when it is done; 1 when it is refused, or the daemon does not answer; 2 for bad usage.
    """
    from watchtower.api.client import Client

    if text is None and not given["key"]:
        found = Client(url).all("/api/v1/changes", "changes")
        if not found:
            click.echo("no change")
        for one in found:
            click.echo(json.dumps(one, ensure_ascii=False) if as_json else line(one))
        return
    times = {"begins_at": began, "ends_at": ended}
    body = {name: value for name, value in {**given, "text": text}.items() if value}
    body |= {name: iso(at) for name, at in times.items() if at is not None}
    answer = Client(url).say("/api/v1/changes", actor(by), **body)
    click.echo(f"change {answer['key']} is reported")


def line(it: Mapping[str, Any]) -> str:
    """`2026-11-27 02:00:00 +0800 deploy checkout: checkout 1.42.0 (ci)`."""
    from watchtower.cli.listing import local

    about = it["flow"] or it["service"]
    head = f"{local(it['begins_at'])} {it['kind']}{f' {about}' if about else ''}"
    link = f" {it['link']}" if it["link"] else ""
    return f"{head}: {it['text']} ({it['by']}){link}"
