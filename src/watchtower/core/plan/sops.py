"""What a procedure's steps are: who does them, by when, and which ones tick themselves."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from watchtower.model import Severity, Text


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


@dataclass(frozen=True, slots=True)
class Job:
    """One step of a procedure. `within` are seconds from the moment its list is opened (0: no due time);
    `levels` the severities at which it is asked for, none: at all."""

    text: Text
    role: str = ""
    within: float = 0.0
    auto: Auto | None = None
    levels: tuple[Severity, ...] = ()

    def asked_at(self, severity: Severity) -> bool:
        return not self.levels or severity in self.levels


@dataclass(frozen=True, slots=True)
class Sop:
    """The standard operating procedure a page points to: a title, a link and the first steps."""

    name: str
    title: Text
    url: str = ""
    steps: tuple[Text, ...] = ()
    """What the page shows."""
    jobs: tuple[Job, ...] = ()
    """What the incident's checklist holds."""
    shipped: bool = False
    """One of ours, and not of the team's own files."""
