"""The configuration of SOPs: their steps, who does them, by when, and which ones tick themselves."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import urlsplit

from watchtower.fields import AfterValidator, BeforeValidator, Duration, Field, Table, Words
from watchtower.model import Severity, Text
from watchtower.names import Name


class Auto(StrEnum):
    """What makes a step tick itself: the incident's own history."""

    OPENED = "opened"
    """The incident is open, with its onset."""
    NOTIFIED = "notified"
    """Somebody was told of it: the far side took a page."""
    ACKNOWLEDGED = "acknowledged"
    COMMANDER = "commander"
    """The role commander is filled."""
    CALL = "call"
    """There is a link to the call."""
    CHANGES = "changes"
    """A recent change is noted."""
    CAUSE = "cause"
    """A cause is noted, however provisional."""
    STATUS = "status"
    """A status update was given."""
    MITIGATED = "mitigated"
    """Nothing fires any more."""
    RECOVERED = "recovered"
    """It has been well for 15 minutes, or is resolved."""
    ROLLED_BACK = "rolled_back"
    """No degradation plan is in force any more, and it is mitigated."""
    ALL_CLEAR = "all_clear"
    """Everybody who was told of it was told that it is over."""
    REVIEW = "review"
    """The review has an owner."""


def link(value: str) -> str:
    """A URL that people can open, or nothing."""
    try:
        parts = urlsplit(value)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        good = False
    if value and (not good or not value.isprintable() or " " in value):
        raise ValueError(f'"{value}" is not a URL that begins with https:// or http://')
    return value


class SopStep(Table):
    """One step of a procedure, where a text alone does not say enough."""

    do: Words = Field(description="What is to be done.")
    role: Name = Field(default="", description="The role that does it, and is reminded of it.")
    within: Duration | None = Field(
        default=None,
        gt=0,
        description="Due so long after the checklist is opened; then its role is reminded.",
    )
    auto: Auto | None = Field(
        default=None, description="What ticks it by itself: opened, notified, acknowledged, …"
    )
    # A table that a validator was shown before is Python's, not JSON's: strictly, a list is no tuple there.
    severities: Annotated[
        tuple[Severity, ...],
        BeforeValidator(lambda value: tuple(value) if isinstance(value, list) else value),
    ] = Field(default=(), description="Only for these severities. Default: all.")

    def asked_at(self, severity: Severity) -> bool:
        return not self.severities or severity in self.severities


def _step(value: Any) -> Any:
    """A step that is only a text, as a table."""
    if isinstance(value, str) or (isinstance(value, dict) and value and set(value) <= {"en", "zh"}):
        return {"do": value}
    if isinstance(value, (dict, SopStep)):
        return value
    raise ValueError('write a text, one per language ({ en = "Switch", zh = "切换" }), or a table { do = … }')


class _TextToo:
    """The schema of a step that may be only a text."""

    def __get_pydantic_json_schema__(self, core_schema: Any, handler: Any) -> dict[str, Any]:
        table = handler(core_schema)
        words = {
            "type": "object", "properties": {"en": {"type": "string"}, "zh": {"type": "string"}},
            "additionalProperties": False, "minProperties": 1,
        }  # fmt: skip
        return {"anyOf": [{"type": "string"}, words, table]}


class Sop(Table):
    """A standard operating procedure: what to do first."""

    name: str = Field(default="", written=False)
    shipped: bool = Field(default=False, written=False)
    """One of ours, and not of the team's own files."""
    title: Words = Field(description="What the procedure is called.")
    url: Annotated[str, AfterValidator(link)] = Field(default="", description="Where all of it stands.")
    steps: tuple[Annotated[SopStep, BeforeValidator(_step), _TextToo()], ...] = Field(
        default=(),
        max_length=30,
        description="The first steps, one text each; or a table { do, role, within, auto, severities }.",
    )

    @property
    def shown(self) -> tuple[Text, ...]:
        """The steps on a page: those that people do, without those that only tick themselves."""
        return tuple(step.do for step in self.steps if step.auto is None or step.role)
