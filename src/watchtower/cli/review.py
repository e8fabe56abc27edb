"""`watchtower review INCIDENT` shows, exports and imports the review of an incident."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from watchtower.cli.arguments import actor, by_option, lang_option, new_command, url_option, write
from watchtower.errors import UsageError
from watchtower.model import Language


@new_command()
@click.argument("incident", required=False, default="")
@click.option(
    "--markdown", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    help="Export it as Markdown to this file (- for the terminal).",
)  # fmt: skip
@click.option(
    "--import", "brought", type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Import what was written into that file: sections, cause, action items.",
)  # fmt: skip
@click.option("--search", default="", help="Find earlier incidents by words, instead of INCIDENT.")
@click.option("--json", "as_json", is_flag=True, help="All of it for programs, as the API gives it.")
@lang_option
@by_option
@url_option
def command(
    incident: str, markdown: Path | None, brought: Path | None, search: str, as_json: bool, lang: Language, by: str,
    url: str,
) -> None:  # fmt: skip
    """Show the review of INCIDENT, or take it out as Markdown, write into it, and bring it back.

    Exit status 0; 1 when there is no such incident, something was refused or the daemon does not answer; 2 for bad usage.
    """
    if bool(incident) == bool(search):
        raise click.UsageError("name an INCIDENT, or --search for words")
    if brought is not None and (markdown is not None or search):
        raise click.UsageError("--import goes with neither --markdown nor --search")
    if search:
        _search(search, as_json, url)
    elif brought is not None:
        _bring_back(incident, brought, by, url, as_json)
    else:
        _show(incident, markdown, as_json, lang, url)


def _show(incident: str, markdown: Path | None, as_json: bool, lang: Language, url: str) -> None:
    from watchtower.api.client import Client, incident_path
    from watchtower.brief.sheet import from_json

    zone = f"{datetime.now().astimezone():%z}"
    found = Client(url).get(incident_path(incident, "review"), lang=lang, zone=zone)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
    if markdown is not None:
        if str(markdown) == "-":
            click.echo(found["markdown"], nl=False)
            return
        if markdown.exists():
            raise UsageError(f"{markdown} is there already: what is written in it would be lost")
        write(markdown, found["markdown"])
        click.echo(f"write into {markdown}, then: watchtower review {incident} --import {markdown}", err=True)
    elif not as_json:
        from watchtower.cli.brief_terminal import show

        show(from_json(found["sheet"]), everything=True)
        _written(found, lang)


def _written(found: Mapping[str, Any], lang: Language) -> None:
    from rich.console import Console
    from rich.text import Text

    from watchtower.core.reviews.review import SECTIONS

    console, written = Console(highlight=False), found["written"]
    for name, title in SECTIONS.items():
        if text := written["sections"].get(name):
            console.print(Text(f"\n{title.in_(lang)}", "bold cyan"), Text(text), sep="\n")
    for item in written["actions"]:
        due = (item["due"] or "")[:10]
        console.print(
            Text(
                f"{item['id']} {item['state']} · {item['type']} · {item['owner'] or '?'} · {due} · {item['text']}"
            )
        )
    if found["missing"] and written["closed_at"] is None:
        console.print(Text("\n" + "; ".join(found["missing"]), "yellow"))


def _bring_back(incident: str, file: Path, by: str, url: str, as_json: bool) -> None:
    from watchtower.api.client import Client, incident_path

    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {error}") from None
    answer = Client(url).say(incident_path(incident, "review"), actor(by), markdown=text)
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
    else:
        click.echo(
            f"{incident}: {len(answer['done'])} changes"
            + (f" ({', '.join(answer['done'])})" if answer["done"] else "")
        )
    for one in answer["refused"]:
        click.echo(f"{one['action']}: {one['why']}", err=True)
    if answer["refused"]:
        sys.exit(1)


def _search(words: str, as_json: bool, url: str) -> None:
    from watchtower.api.client import Client

    found = Client(url).get("/api/v1/lessons", words=words)
    for one in found["lessons"]:
        if as_json:
            click.echo(json.dumps(one, ensure_ascii=False))
            continue
        told = [
            one["incident"],
            one["opened_at"][:10],
            one["severity"],
            one["title"]["en"],
            one["cause_tag"],
            one["cause"],
        ]
        if one["helped"]:
            told.append(f"helped: {one['helped']}")
        click.echo("\t".join(" ".join(part.split()) for part in told))
    if not found["lessons"] and not as_json:
        click.echo("nothing was found")
