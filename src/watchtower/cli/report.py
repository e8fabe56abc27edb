"""`watchtower report` reports a month."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import click

from watchtower.cli.arguments import PICTURE, lang_option, must_draw, new_command, url_option, write
from watchtower.model import Language


@new_command()
@click.option("--month", default="", help="Such as 2026-11; by default this one, so far.")
@click.option(
    "--zone",
    default="",
    help="The time zone of the month: Asia/Shanghai, +08:00; default: this machine's.",
)
@lang_option
@click.option("--json", "as_json", is_flag=True, help="All figures, as the API gives them.")
@click.option("--markdown", "as_markdown", is_flag=True, help="Markdown, to paste into a wiki.")
@click.option(
    "--html", type=click.Path(path_type=Path, dir_okay=False), help="Write a page of its own, with charts."
)
@click.option("--png", type=PICTURE, help="Draw a picture (PNG, SVG); needs matplotlib.")
@url_option
def command(
    month: str, zone: str, lang: Language, as_json: bool, as_markdown: bool, html: Path | None, png: Path | None, url: str
) -> None:  # fmt: skip
    """Report a month: incidents by day and level, 1-5-10, times, who saw them first, what was kept and what was not.

    Exit status 0; 1 when the daemon does not answer or says no; 2 for bad usage.
    """
    from watchtower.api.client import Client
    from watchtower.report.month import MonthReport, from_json

    if as_json and as_markdown:
        raise click.UsageError("--json or --markdown, not both")
    must_draw(png)
    query = {"zone": zone or f"{datetime.now().astimezone():%z}"} | ({"month": month} if month else {})
    found = Client(url).get("/api/v1/report", **query)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
    made: MonthReport = from_json(found)
    if html is not None:
        from watchtower.report.page import page

        write(html, page(made, lang))
        click.echo(f"page: {html}", err=True)
    if png is not None:
        from watchtower.report.picture import draw

        draw(made, lang, png)
        click.echo(f"picture: {png}", err=True)
    if as_markdown:
        from watchtower.report.markdown import markdown

        click.echo(markdown(made, lang), nl=False)
    elif not as_json and html is None and png is None:
        from watchtower.report.terminal import show

        show(made, lang)
