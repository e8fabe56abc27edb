"""The history of an incident, projected from its log. The brief, the timeline, the review and the metrics are read from it.

The engine holds the history of each incident that is not settled, and changes it by nothing but its entries: what is
projected from the store later is the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from watchtower.core.checklists.tasks import Tasks
from watchtower.core.deadlines.sla_clocks import Deadlines
from watchtower.core.degrade.runs import Runs
from watchtower.core.drills.record import DrillRecord
from watchtower.core.impact.impact import Impact
from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.milestones import Milestones
from watchtower.core.notes.notes import Notes
from watchtower.core.people.roles import People
from watchtower.core.reviews.review import Review
from watchtower.core.severity.history import SeverityHistory
from watchtower.core.silences.held_back import HeldBack
from watchtower.values import Frozen, field, replace


class History(Frozen):
    """A slice for each feature, under the name with which its kinds of entries begin. A slice is changed by entries of its
    feature, a few also by those of the lifecycle; `milestones` sees all entries."""

    milestones: Milestones = field(default_factory=Milestones)
    impact: Impact = field(default_factory=Impact)
    severity: SeverityHistory = field(default_factory=SeverityHistory)
    deadlines: Deadlines = field(default_factory=Deadlines)
    people: People = field(default_factory=People)
    sop: Tasks = field(default_factory=Tasks)
    degrade: Runs = field(default_factory=Runs)
    notes: Notes = field(default_factory=Notes)
    review: Review = field(default_factory=Review)
    drill: DrillRecord = field(default_factory=DrillRecord)
    silences: HeldBack = field(default_factory=HeldBack)

    def after(self, entry: LogEntry) -> History:
        """This history with one more entry."""
        feature, dot, _ = entry.kind.partition(".")
        changed: dict[str, Any] = {}
        for name in _READ_BY.get(feature, ("milestones",)) if dot else _OF_LIFECYCLE:
            slice_ = getattr(self, name)
            if (after := slice_.after(entry)) is not slice_:
                changed[name] = after
        return replace(self, **changed) if changed else self


def project(entries: Iterable[LogEntry]) -> History:
    """The history after these entries, in their order."""
    history = History()
    for entry in entries:
        history = history.after(entry)
    return history


_OF_LIFECYCLE = ("milestones", "people", "silences")
"""Slices that read the entries of the incident's own lifecycle; the others read kinds of their features only."""
_READ_BY: Mapping[str, tuple[str, ...]] = {
    name: ("milestones", name) for name in History.__dataclass_fields__
}
"""Which slices read an entry of `feature.word`."""
