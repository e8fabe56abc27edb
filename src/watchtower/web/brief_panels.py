"""The brief on the incident's page, as panels of rows. Rows that do not fit are folded away with their count."""

from __future__ import annotations

from collections.abc import Sequence

from watchtower.brief.brief import Brief
from watchtower.brief.screen import cut
from watchtower.brief.sections import Line
from watchtower.brief.sheet import sheet_of
from watchtower.model import Text
from watchtower.texts.phrases import Tongue
from watchtower.values import Frozen
from watchtower.web.locale import Visitor

SCREEN, WIDTH = 52, 54
"""Rows of both columns together, and cells of one, on a screen of 1280 by 800."""
_OPEN = ("changed", "needs", "symptom")
"""Panels that stand out."""


class Panel(Frozen):
    """`elsewhere` counts lines that are only in the full timeline, which is on the same page where `timeline` is."""

    name: str
    title: Text
    shown: Sequence[Line]
    folded: Sequence[Line] = ()
    elsewhere: int = 0
    stands_out: bool = False
    timeline: bool = False


def panels(who: Visitor, made: Brief, without: Sequence[str] = ()) -> list[Panel]:
    """Returns the panels that have anything to say, without those named in `without`."""
    sections = [section for section in made.sections if section.name not in without]
    tongue = Tongue(who.language, who.zone, made.at)
    sheet = cut(sheet_of(made, tongue, [s.name for s in sections]), SCREEN, WIDTH)
    rows = {block.name: len(block.rows) for block in sheet.blocks}
    return [
        Panel(s.name, s.title, s.lines[:n], s.lines[n:], s.elsewhere, s.name in _OPEN, timeline=True)
        for s in sections
        for n in (rows.get(s.name, 0),)
    ]
