"""`watchtower brief INCIDENT` shows an incident on one screen and drafts status updates."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from watchtower.cli.arguments import Ago, lang_option, new_command, url_option
from watchtower.core.notes.notes import AUDIENCES
from watchtower.model import Language

if TYPE_CHECKING:
    from watchtower.brief.sheet import Sheet


@new_command()
@click.argument("incident")
@click.option("--markdown", "form", flag_value="markdown", help="Markdown, to paste into a chat or a ticket.")
@click.option("--html", "form", flag_value="html", help="An HTML page of its own, to mail or to keep.")
@click.option("--json", "form", flag_value="json", help="All of it for programs, as the API gives it.")
@click.option("--draft", type=click.Choice(AUDIENCES), help="Draft a status update for this audience.")
@lang_option
@click.option("--since", type=Ago(), help="Begin with what is new since then: `20m` ago, or a time.")
@click.option("--all", "everything", is_flag=True, help="Every line, also what does not fit a screen.")
@url_option
def command(
    incident: str, form: str | None, draft: str | None, lang: Language, since: float | None, everything: bool, url: str
) -> None:  # fmt: skip
    """Show the situation of INCIDENT on one screen, made from what the daemon knows and what people wrote.

    Exit status 0; 1 when there is no such incident or the daemon does not answer.
    """
    from watchtower.api.client import Client, incident_path

    path = f"drafts/{draft}" if draft else "brief"
    query: dict[str, Any] = {"lang": lang, "zone": f"{datetime.now().astimezone():%z}"}
    if since is not None and not draft:
        query["since"] = since
    if draft and form in ("markdown", "html"):
        raise click.UsageError(f"--draft is plain text, or --json: not --{form}")
    found = Client(url).get(incident_path(incident, path), **query)
    if form == "json":
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
    elif draft:
        click.echo("\n\n".join((found["subject"], *found["paragraphs"])))
    else:
        _show(found, form, everything)


def _show(found: dict[str, Any], form: str | None, everything: bool) -> None:
    from watchtower.brief.markdown import markdown
    from watchtower.brief.screen import HEIGHT, cut
    from watchtower.brief.sheet import from_json

    sheet = from_json(found["sheet"])
    if form == "markdown":
        click.echo(markdown(sheet if everything else cut(sheet, HEIGHT)), nl=False)
    elif form == "html":
        click.echo(html(sheet if everything else cut(sheet, HEIGHT)), nl=False)
    else:
        from watchtower.cli.brief_terminal import show

        show(sheet, everything)


def html(sheet: Sheet) -> str:
    """The whole page: self-contained, without scripts, to mail or to keep. It ends with a newline."""
    from watchtower.templates import environment

    template = environment("watchtower.cli").get_template("brief.html")
    return template.render(sheet=sheet, language=sheet.language) + "\n"
