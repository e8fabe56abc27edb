"""What a drill has shown so far, projected from its incident's log: who answered, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping

from watchtower.core.drills.kinds import KINDS, DrillAnswered, DrillEnded, DrillOpened
from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.payload import read
from watchtower.model import Instant
from watchtower.values import Frozen, field, replace


class DrillRecord(Frozen):
    """`name` is empty in an incident that is no drill. `answers`: when each person answered first. `why` it ended:
    `everybody_answered`, `time`, `stopped`, `preempted`, `removed`."""

    name: str = ""
    check: str = ""
    by: str = ""
    began_at: Instant | None = None
    ends_at: Instant | None = None
    answers: Mapping[str, Instant] = field(default_factory=dict)
    ended_at: Instant | None = None
    why: str = ""

    def after(self, entry: LogEntry) -> DrillRecord:
        """This slice of the history with one more entry."""
        match read(entry, KINDS):
            case DrillOpened(check=check, ends_at=ends_at):
                return replace(
                    self, name=entry.detail, check=check, by=entry.by, began_at=entry.at, ends_at=ends_at
                )
            case DrillAnswered() if entry.by not in self.answers:
                return replace(self, answers={**self.answers, entry.by: entry.at})
            case DrillEnded():
                return replace(self, ended_at=entry.at, why=entry.detail)
        return self
