"""What a brief is made of: sections of lines, each as short as a line of a screen, in no language yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from watchtower.core.alerts import Alert
from watchtower.core.entry import Entry
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
    """`lines` are all there are, the weightiest first unless `newest_last`; `keep` is how many of them a screen must
    show, `shown` how many it does (None: all); `elsewhere` counts what is only in the full timeline."""

    name: str
    title: Text
    lines: tuple[Line, ...]
    keep: int = 1
    shown: int | None = None
    elsewhere: int = 0
    newest_last: bool = False

    @property
    def visible(self) -> tuple[Line, ...]:
        if self.shown is None or self.shown >= len(self.lines):
            return self.lines
        return self.lines[-self.shown :] if self.newest_last else self.lines[: self.shown]

    @property
    def folded(self) -> int:
        """How many are not shown."""
        return len(self.lines) - len(self.visible) + self.elsewhere


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything a brief is made from. `before` is the story as it was when the reader last looked."""

    plan: Plan
    incident: Incident
    story: Story
    alerts: Sequence[Alert]
    log: Sequence[Entry]
    at: Instant
    since: Instant | None = None
    before: Story | None = None

    @property
    def firing(self) -> list[Alert]:
        """Alerts that hold it up, the worst and oldest first."""
        found = [a for a in self.alerts if a.state is AlertState.FIRING]
        return sorted(found, key=lambda a: (a.severity.rank, a.onset or 0.0))


def fit(sections: Sequence[Section], lines: int) -> tuple[Section, ...]:
    """The sections in so many lines: each keeps what it must, the rest is dealt out in turn. Where even that is too
    much, the last sections give first."""
    shown = [min(s.keep, len(s.lines)) for s in sections]
    left = lines - sum(shown)
    for index in reversed(range(len(sections))):
        while left < 0 and shown[index] > 1:
            shown[index] -= 1
            left += 1
    for index in reversed(range(len(sections))):
        if left < 0:
            shown[index], left = 0, left + shown[index]
    while left > 0:
        wanting = [i for i, s in enumerate(sections) if shown[i] and shown[i] < len(s.lines)]
        if not wanting:
            break
        for index in wanting[:left]:
            shown[index] += 1
            left -= 1
    return tuple(replace(s, shown=n) for s, n in zip(sections, shown, strict=True) if n)
