"""The brief on the incident's page: panels of rows, what does not fit folded away with its count."""

from __future__ import annotations

from collections.abc import Sequence

from watchtower.brief.brief import Brief
from watchtower.brief.screen import cut
from watchtower.brief.sections import Line, Section
from watchtower.brief.sheet import sheet_of
from watchtower.texts.phrases import Fill, Phrase, Tongue, When, pieces
from watchtower.web import words
from watchtower.web.locale import Visitor
from watchtower.web.markup import EMPTY, Html, fill, join, link, safe

SCREEN, WIDTH = 52, 54
"""Rows of both columns together, and cells of one, on a screen of 1280 by 800."""
_OPEN = ("changed", "needs", "symptom")
"""Panels that stand out."""


def panels(who: Visitor, made: Brief, without: Sequence[str] = ()) -> Html:
    """All panels, those named in `without` left out. Nothing where there is nothing to say."""
    sections = [section for section in made.sections if section.name not in without]
    tongue = Tongue(who.language, who.zone, made.at)
    sheet = cut(sheet_of(made, tongue, [s.name for s in sections]), SCREEN, WIDTH)
    shown = {block.name: len(block.rows) for block in sheet.blocks}
    html = join(_panel(who, made, section, shown.get(section.name, 0)) for section in sections)
    return fill("panels", panels=html) if html else EMPTY


def facts(who: Visitor, made: Brief, skip: int = 0) -> Html:
    """State, time, call: below the title."""
    kept = made.headline.facts(made.at)[skip:]
    return Html(" · ".join(said(who, fact, made.at) for fact in kept))


def said(who: Visitor, phrase: Phrase, at: float) -> Html:
    """A phrase as markup: its moments become times, which the script puts into the visitor's own zone."""
    match phrase:
        case When(instant, exact, zoned):
            tongue = Tongue(who.language, who.zone, at)
            return who.short(instant, tongue.say(When(instant, exact, zoned)), exact)
        case Fill(text, parts):
            return join(said(who, piece, at) for piece in pieces(text.in_(who.language), parts))
        case _:
            words_ = Tongue(who.language, who.zone, at).say(phrase)
            if link(words_).startswith("http") and not any(map(str.isspace, words_)):
                return fill("anchor", href=words_, words=words_)
            return safe(words_)


def _panel(who: Visitor, made: Brief, section: Section, shown: int) -> Html:
    rows = [_row(who, line, made.at) for line in section.lines]
    rest = EMPTY
    folded = len(rows) - shown
    if folded:
        rest = fill(
            "rest",
            name=section.name,
            words=who.say(words.MORE).format(folded),
            rows=join(rows[shown:]),
        )
    if section.elsewhere:
        more = who.say(words.IN_TIMELINE).format(section.elsewhere)
        rest = Html(rest + fill("anchor", href="#timeline", words=more))
    return fill(
        "panel",
        name=section.name,
        kind="stands-out" if section.name in _OPEN else "",
        title=who.say(section.title),
        rows=join(rows[:shown]),
        rest=rest,
    )


def _row(who: Visitor, line: Line, at: float) -> Html:
    label = said(who, line.label, at)
    return fill(
        "line",
        tone=line.tone,
        label=fill("label", words=label) if label else EMPTY,
        words=said(who, line.text, at),
    )
