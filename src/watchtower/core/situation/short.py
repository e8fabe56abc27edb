"""The brief in an e-mail: what somebody must know who reads it on a phone, between two meetings."""

from __future__ import annotations

from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from watchtower.core.incidents import Incident
from watchtower.core.plan.paging import Responder
from watchtower.core.situation.brief import Brief, brief
from watchtower.core.situation.phrases import Tongue
from watchtower.core.situation.screen import cut
from watchtower.core.situation.sheet import plain, sheet_of
from watchtower.core.state import Step
from watchtower.model import AlertState, Language

LONGEST = 15
_WANTED = ("symptom", "impact", "why", "needs", "doing", "known", "degrade", "duties", "said")
"""The rest is a click away."""


def brief_text(made: Brief, language: Language, zone: tzinfo = UTC) -> list[str]:
    """At most 15 lines of plain text; the first two are the headline, times are in `zone`."""
    return plain(cut(sheet_of(made, Tongue(language, zone, made.at), _WANTED), LONGEST - 2))


def situation_of(step: Step, incident: Incident) -> Brief:
    """The brief of an incident under way, for a mail: without its timeline."""
    alerts = step.state.alerts_of(incident.id, AlertState.FIRING)
    return brief(step.plan, incident, step.story(incident.id), alerts, (), step.at)


def told_to(made: Brief, reader: Responder) -> tuple[str, ...]:
    """The lines that stand in this person's mail, below what the mail itself says of level, state and time."""
    try:
        zone: tzinfo = UTC if reader.zone == "UTC" else ZoneInfo(reader.zone)
    except (ZoneInfoNotFoundError, ValueError):
        zone = UTC
    return tuple(brief_text(made, reader.language, zone)[2:])
