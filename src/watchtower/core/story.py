"""The story of an incident: a fold over its log. The brief, the timeline, the review and the metrics are read from it.

The engine holds the story of each incident that is not settled, and changes it by nothing but its entries: what is
folded from the store later is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

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
    """One slice per room; each is changed by entries of its own kind only. `course` sees all entries."""

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
        course = self.course.after(entry)
        grow = _ROOMS.get(entry.kind.partition(".")[0]) if "." in entry.kind else _LAPSES.get(entry.kind)
        story = self if course is self.course else replace(self, course=course)
        return story if grow is None else grow(story, entry)


def fold(entries: Iterable[LogEntry]) -> Story:
    """The story that these entries tell, in their order."""
    story = Story()
    for entry in entries:
        story = story.after(entry)
    return story


_ROOMS: Mapping[str, Callable[[Story, LogEntry], Story]] = {
    "impact": lambda story, entry: replace(story, impact=story.impact.after(entry)),
    "levels": lambda story, entry: replace(story, levels=story.levels.after(entry)),
    "deadlines": lambda story, entry: replace(story, deadlines=story.deadlines.after(entry)),
    "people": lambda story, entry: replace(story, people=story.people.after(entry)),
    "sop": lambda story, entry: replace(story, tasks=story.tasks.after(entry)),
    "degrade": lambda story, entry: replace(story, runs=story.runs.after(entry)),
    "notes": lambda story, entry: replace(story, notes=story.notes.after(entry)),
    "drill": lambda story, entry: replace(story, drill=story.drill.after(entry)),
    "review": lambda story, entry: replace(story, review=story.review.after(entry)),
}
"""Which slice an entry of `room.word` belongs to."""
_LAPSES: Mapping[str, Callable[[Story, LogEntry], Story]] = {
    kind: lambda story, entry: replace(story, people=story.people.lapsed(entry))
    for kind in ("reopened", "next_warning")
}
"""Words of the incident's own course by which it wants acknowledging again: who had it is in no other place to forget."""
