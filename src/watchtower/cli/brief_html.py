"""A brief as a self-contained HTML page without scripts, to mail or to keep."""

from __future__ import annotations

from watchtower.brief.sheet import Sheet
from watchtower.templates import environment


def html(sheet: Sheet) -> str:
    """Returns the whole page; it ends with a newline."""
    template = environment("watchtower.cli").get_template("brief.html")
    return template.render(sheet=sheet, language=sheet.language) + "\n"
