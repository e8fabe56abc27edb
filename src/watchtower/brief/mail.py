"""The brief in an e-mail: what somebody must know who reads it on a phone, between two meetings."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, tzinfo

from watchtower.brief.brief import Brief, brief_of
from watchtower.brief.screen import cut
from watchtower.brief.sheet import plain, sheet_of
from watchtower.core.events import Decision, PageQueued
from watchtower.core.plan.paging import Responder
from watchtower.daily_hours import zone_of
from watchtower.model import Language
from watchtower.texts.phrases import Tongue
from watchtower.values import replace

LONGEST = 15
_WANTED = ("symptom", "impact", "why", "needs", "doing", "known", "degrade", "duties", "said")
"""The rest is a click away."""


def brief_text(made: Brief, language: Language, zone: tzinfo = UTC) -> list[str]:
    """At most 15 lines of plain text; the first two are the headline, times are in `zone`."""
    return plain(cut(sheet_of(made, Tongue(language, zone, made.at), _WANTED), LONGEST - 2))


def told_to(made: Brief, reader: Responder) -> tuple[str, ...]:
    """The lines that stand in this person's mail, below what the mail itself says of level, state and time."""
    return tuple(brief_text(made, reader.language, zone_of(reader.zone))[2:])


def with_briefs(decisions: Iterable[Decision]) -> list[Decision]:
    """These decisions, with the brief written into each mail that has one: before it is recorded, so that a mail that
    is sent again says the same."""
    out: list[Decision] = []
    made: Brief | None = None
    for decision in decisions:
        if isinstance(decision, PageQueued) and (scene := decision.scene) is not None:
            if made is None or made.scene != scene:
                made = brief_of(scene)
            page = decision.page
            lines = told_to(made, scene.plan.responders[page.responder])
            page = replace(page, message=replace(page.message, brief=lines))
            decision = replace(decision, page=page, scene=None)
        out.append(decision)
    return out
