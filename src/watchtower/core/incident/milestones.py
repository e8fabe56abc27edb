"""The milestones of an incident: opened, acknowledged, cause identified, mitigated, resolved, reopened, and
the source of the detection."""

from __future__ import annotations

from typing import Any

from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.lifecycle import IncidentLine
from watchtower.core.incident.payload import read_as
from watchtower.model import Instant, Severity
from watchtower.values import Frozen, replace


class Milestones(Frozen):
    """`opened_at` is when it was detected, `detected_by` the rule and check that saw it. Times are the first ones;
    `mitigated_at` and `resolved_at` the last, None again after a relapse."""

    opened_at: Instant | None = None
    onset: Instant | None = None
    detected_by: str = ""
    acknowledged_at: Instant | None = None
    acknowledged_by: str = ""
    cause_identified_at: Instant | None = None
    cause: str = ""
    mitigated_at: Instant | None = None
    resolved_at: Instant | None = None
    unwatched_at: Instant | None = None
    """When it ended without anybody knowing whether it is over."""
    reopened: int = 0
    recurred: int = 0
    """How often it was bad again after it was mitigated."""
    bad_before: float = 0.0
    """Seconds for which it was bad in earlier spells."""
    again_at: Instant | None = None
    """When the present spell began; None: at the onset."""
    well_since: Instant | None = None
    """When the spell before ended."""
    severity: Severity | None = None
    record: Severity | None = None
    state: str = ""
    pages: int = 0
    acted_at: Instant | None = None
    """When a person last did anything, or the level last changed."""

    def after(self, entry: LogEntry) -> Milestones:
        """Every entry is looked at; few change anything."""
        changed: dict[str, Any] = {}
        if entry.by not in ("", "watchtower") or entry.kind in ("raised", "lowered"):
            changed["acted_at"] = entry.at
        data = entry.data
        if "alert" in data or "page" in data:
            # An alert's and a page's own moves use the same words: `resolved` of one alert ends no incident.
            return replace(self, **changed)
        line = read_as(entry, IncidentLine) if "state" in data else None
        if line is not None:
            onset = self.onset if line.onset is None else line.onset
            changed.update(severity=line.severity, record=line.record, state=line.state, onset=onset)
        match entry.kind:
            case "opened":
                changed.update(opened_at=entry.at, detected_by=entry.detail)
            case "acknowledged" if self.acknowledged_at is None:
                changed.update(acknowledged_at=entry.at, acknowledged_by=entry.by)
            case "notes.cause" if self.cause_identified_at is None:
                changed.update(cause_identified_at=entry.at, cause=entry.detail)
            case "notes.cause":
                changed.update(cause=entry.detail)
            case "mitigated":
                changed.update(mitigated_at=entry.at if line is None or line.since is None else line.since)
            case "resolved" | "merged_into":
                changed.update(resolved_at=entry.at, mitigated_at=self.mitigated_at or entry.at)
            case "unwatched":
                changed.update(unwatched_at=entry.at)
            case "reopened":
                changed.update(
                    self._again(entry, line),
                    reopened=self.reopened + 1,
                    resolved_at=None,
                    mitigated_at=None,
                    unwatched_at=None,
                )
            case "recurred":
                changed.update(self._again(entry, line), recurred=self.recurred + 1, mitigated_at=None)
            case _ if entry.kind.startswith("page_"):
                changed.update(pages=self.pages + 1)
        return replace(self, **changed)

    def bad_seconds(self, at: Instant) -> float:
        """For how long it has been bad until `at`, or until it was well: times in between do not count."""
        began = self.onset if self.again_at is None else self.again_at
        return self.bad_before + (0.0 if began is None else max(0.0, self._well(at) - began))

    def _well(self, at: Instant) -> Instant:
        """When this spell ended; `at` where it goes on."""
        return next(
            (one for one in (self.mitigated_at, self.resolved_at, self.unwatched_at) if one is not None), at
        )

    def _again(self, entry: LogEntry, line: IncidentLine | None) -> dict[str, Any]:
        began = entry.at if line is None or line.again is None else line.again
        return {"bad_before": self.bad_seconds(began), "again_at": began, "well_since": self._well(began)}
