"""The brief in an e-mail: what somebody must know who reads it on a phone, between two meetings."""

from __future__ import annotations

from datetime import UTC, tzinfo

from watchtower.core.situation.brief import Brief
from watchtower.core.situation.phrases import Tongue
from watchtower.core.situation.screen import cut
from watchtower.core.situation.sheet import plain, sheet_of
from watchtower.model import Language

LONGEST = 15
_WANTED = ("symptom", "impact", "why", "needs", "doing", "known", "degrade", "duties", "said")
"""The rest is a click away."""


def brief_text(brief: Brief, language: Language, zone: tzinfo = UTC) -> list[str]:
    """At most 15 lines of plain text; the first two are the headline, times are in `zone`."""
    return plain(cut(sheet_of(brief, Tongue(language, zone, brief.at), _WANTED), LONGEST - 2))
