"""A brief as an HTML page of its own: no script, nothing from elsewhere, so that it can be mailed and kept."""

from __future__ import annotations

from watchtower.brief.sheet import Sheet
from watchtower.templates import environment


def html(sheet: Sheet) -> str:
    """The whole page; ends with a newline."""
    template = environment("watchtower.cli").get_template("brief.html")
    return template.render(sheet=sheet, language=sheet.language) + "\n"
