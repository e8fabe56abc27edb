"""The story of an incident: a fold over its log. The brief, the timeline, the review and the metrics are read from it.

The engine holds the story of each incident that is not settled, and changes it by nothing but its entries: what is
folded from the store later is the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from watchtower.core.course import Course
from watchtower.core.deadlines.clocks import Deadlines
from watchtower.core.degrade.runs import Runs
from watchtower.core.drills.record import DrillRecord
from watchtower.core.entry import LogEntry
from watchtower.core.impact.impact import Impact
from watchtower.core.notes.notes import Notes
from watchtower.core.people.roles import People
from watchtower.core.review.review import Review
from watchtower.core.severity.history import Levels
from watchtower.core.sops.tasks import Tasks


@dataclass(frozen=True, slots=True)
class Story:
    """One slice per feature: it is changed by entries of its feature and of the lifecycle. `course` sees all entries."""

    course: Course = field(default_factory=Course)
    impact: Impact = field(default_factory=Impact)
    levels: Levels = field(default_factory=Levels)
    deadlines: Deadlines = field(default_factory=Deadlines)
    people: People = field(default_factory=People)
    tasks: Tasks = field(default_factory=Tasks)
    runs: Runs = field(default_factory=Runs)
    notes: Notes = field(default_factory=Notes)
    review: Review = field(default_factory=Review)
    drill: DrillRecord = field(default_factory=DrillRecord)

    def after(self, entry: LogEntry) -> Story:
        """This story with one more entry."""
        feature, dot, _ = entry.kind.partition(".")
        changed: dict[str, Any] = {}
        for name in _SLICES.get(feature, ("course",)) if dot else _ALL:
            slice_ = getattr(self, name)
            if (after := slice_.after(entry)) is not slice_:
                changed[name] = after
        return replace(self, **changed) if changed else self


def fold(entries: Iterable[LogEntry]) -> Story:
    """The story that these entries tell, in their order."""
    story = Story()
    for entry in entries:
        story = story.after(entry)
    return story


_SLICES: Mapping[str, tuple[str, ...]] = {
    "impact": ("course", "impact"),
    "levels": ("course", "levels"),
    "deadlines": ("course", "deadlines"),
    "people": ("course", "people"),
    "sop": ("course", "tasks"),
    "degrade": ("course", "runs"),
    "notes": ("course", "notes"),
    "drill": ("course", "drill"),
    "review": ("course", "review"),
}
"""Which slices read an entry of `feature.word`."""
_ALL: tuple[str, ...] = tuple(Story.__dataclass_fields__)
"""Every slice reads the entries of the incident's own lifecycle."""
