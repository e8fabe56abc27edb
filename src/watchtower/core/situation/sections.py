"""What a brief is made of: sections of lines, each as short as a line of a screen, in no language yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from watchtower.core.alerts import Alert
from watchtower.core.entry import LogEntry
from watchtower.core.incidents import Incident
from watchtower.core.plan import Plan
from watchtower.core.situation.phrases import Phrase
from watchtower.core.story import Story
from watchtower.model import AlertState, Instant, Text


class Tone(StrEnum):
    """How a line is looked at."""

    PLAIN = ""
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    SOFT = "soft"


@dataclass(frozen=True, slots=True)
class Line:
    """`label` stands before it: a time, a role, the name of a number."""

    text: Phrase
    label: Phrase = ""
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class Section:
    """`lines` are all there are, the weightiest first; `keep` is how many of them a screen must show; `elsewhere`
    counts what is only in the full timeline."""

    name: str
    title: Text
    lines: tuple[Line, ...]
    keep: int = 1
    elsewhere: int = 0


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything a brief is made from. `before` is the story as it was when the reader last looked."""

    plan: Plan
    incident: Incident
    story: Story
    alerts: Sequence[Alert]
    log: Sequence[LogEntry]
    at: Instant
    since: Instant | None = None
    before: Story | None = None

    @property
    def firing(self) -> list[Alert]:
        """Alerts that hold it up, the worst and oldest first."""
        found = [a for a in self.alerts if a.state is AlertState.FIRING]
        return sorted(found, key=lambda a: (a.severity.rank, a.onset or 0.0))
