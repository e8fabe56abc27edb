"""The built-in roles: their names, their tasks, and the severities that need them."""

from __future__ import annotations

from collections.abc import Mapping

from watchtower.model import Severity, Text
from watchtower.texts.text_file import TextFile
from watchtower.values import Frozen


class Duty(Frozen):
    """`title` is the role's name for people; `text` its task, in one line; `short` for an SMS."""

    title: Text
    text: Text
    short: Text


_TEXTS = TextFile("roles")
DUTIES: Mapping[str, Duty] = {
    role: Duty(title, _TEXTS["TEXT"][role], _TEXTS["SHORT"][role]) for role, title in _TEXTS["TITLE"].items()
}
EXPECTED: Mapping[Severity, tuple[str, ...]] = {
    Severity.P0: (
        "commander", "tech_lead", "product", "customer_service", "pr", "legal", "finance", "executive",
    ),
    Severity.P1: ("commander", "tech_lead", "product", "customer_service"),
}  # fmt: skip
"""Roles that a level wants filled: one that nobody fills is said in the brief, where a team has roles at all."""


def title_of(role: str) -> Text:
    """A role's name; of an unknown one, its own word."""
    duty = DUTIES.get(role)
    return duty.title if duty else Text(role.replace("_", " "), role)
