"""`watchtower report` reports a month."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path

import click

from watchtower.errors import UsageError, WatchtowerError


@click.command(short_help="Report a month in figures and pictures.")
@click.option("--month", default="", help="Such as 2026-11; by default this one, so far.")
@click.option(
    "--zone",
    default="",
    help="The time zone of the month: Asia/Shanghai, +08:00; default: this machine's.",
)
@click.option(
    "--lang", type=click.Choice(("en", "zh")), default="en", show_default=True, help="Its language."
)
@click.option("--json", "as_json", is_flag=True, help="All figures, as the API gives them.")
@click.option("--markdown", "as_markdown", is_flag=True, help="Markdown, to paste into a wiki.")
@click.option(
    "--html", type=click.Path(path_type=Path, dir_okay=False), help="Write a page of its own, with charts."
)
@click.option(
    "--png",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Draw a picture (PNG, SVG); needs matplotlib.",
)
@click.option("--url", default="", help="The daemon's address; by default WATCHTOWER_LISTEN.")
def command(
    month: str,
    zone: str,
    lang: str,
    as_json: bool,
    as_markdown: bool,
    html: Path | None,
    png: Path | None,
    url: str,
) -> None:
    """Report a month: incidents by day and level, 1-5-10, times, who saw them first, what was kept and what was not.

    Exit status 0; 1 when the daemon does not answer or says no; 2 for bad usage.
    """
    from watchtower.api.client import Client
    from watchtower.model import Language
    from watchtower.report.month import MonthReport, from_json

    if as_json and as_markdown:
        raise click.UsageError("--json or --markdown, not both")
    language = Language(lang)
    try:
        if png is not None:
            from watchtower.imports import matplotlib

            matplotlib()  # better to hear now than at the end that it is missing
        query = {"zone": zone or f"{datetime.now().astimezone():%z}"} | ({"month": month} if month else {})
        found = Client(url).get("/api/v1/report", **query)
        if as_json:
            click.echo(json.dumps(found, ensure_ascii=False, indent=2))
        made: MonthReport = from_json(found)
        if html is not None:
            from watchtower.report.page import page

            _write(html, page(made, language))
        if png is not None:
            from watchtower.report.picture import draw

            draw(made, language, png)
            click.echo(f"picture: {png}", err=True)
    except WatchtowerError as error:
        click.echo(str(error), err=True)
        sys.exit(2 if isinstance(error, UsageError) else 1)
    if as_markdown:
        from watchtower.report.markdown import markdown

        click.echo(markdown(made, language), nl=False)
    elif not as_json and html is None and png is None:
        from watchtower.report.terminal import show

        show(made, language)


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, "utf-8")
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}") from None
    click.echo(f"page: {file}", err=True)
