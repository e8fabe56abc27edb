"""Telling roles something about an incident beside its level: an overdue step, a duty, a status update that is due."""

from __future__ import annotations

from collections.abc import Iterable

from watchtower.core.incidents import Incident
from watchtower.core.state import Step
from watchtower.model import Text


def tell_roles(step: Step, incident: Incident, roles: Iterable[str], reason: str, text: Text) -> None:
    """Page everybody who fills these roles with `text`, once; `reason` is a word, such as `status_overdue`."""
    step.log(incident.id, "notices.owed", reason, roles=list(roles), en=text.en, zh=text.zh)
