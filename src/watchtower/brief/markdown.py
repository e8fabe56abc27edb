"""A brief in Markdown, to paste into a chat or a ticket. What people wrote cannot break out of its line."""

from __future__ import annotations

from watchtower.brief.sheet import Row, Sheet
from watchtower.texts.markdown import escaped

_MARKS = {"bad": "🔴 ", "warn": "🟠 ", "good": "🟢 "}


def markdown(sheet: Sheet) -> str:
    """Headings and lists; ends with a newline."""
    out = [f"# {escaped(sheet.title)}", "", " · ".join(map(escaped, (*sheet.facts, sheet.as_of)))]
    for block in sheet.blocks:
        out += ["", f"## {escaped(block.title)}", "", *(f"- {_row(row)}" for row in block.rows)]
        if block.folded:
            out.append(f"- *{escaped(sheet.more(block))}*")
    return "\n".join(out) + "\n"


def _row(row: Row) -> str:
    label = f"**{escaped(row.label)}** " if row.label else ""
    return f"{_MARKS.get(row.tone, '')}{label}{escaped(row.text)}"
