"""How often each plan ran lately, and when it was last seen to work: read back from the log at the start."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from watchtower.core.degrade.kinds import SwitchAnswered, SwitchProved
from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.payload import kinds, read
from watchtower.model import Instant
from watchtower.values import Frozen, field

DAY = 86400.0
_READ = kinds(SwitchAnswered, SwitchProved)
"""The lines that it is read from; those of the last year are enough."""


class Usage(Frozen):
    """`started`: when each plan's switch was thrown in earnest; `proved`: when a switch was last seen to work, in a
    drill or in earnest."""

    started: Mapping[str, tuple[Instant, ...]] = field(default_factory=dict)
    proved: Mapping[str, Instant] = field(default_factory=dict)

    @classmethod
    def of(cls, entries: Iterable[LogEntry]) -> Usage:
        """From lines of incidents' logs, in any order of incidents; other kinds are passed over."""
        usage = cls()
        for entry in sorted(entries, key=lambda e: e.at):
            usage = usage.after(entry)
        return usage

    def after(self, entry: LogEntry) -> Usage:
        """With one more line."""
        match read(entry, _READ):
            case SwitchProved(plan=plan):
                last = max(entry.at, self.proved.get(plan, entry.at))
                return Usage(self.started, {**self.proved, plan: last})
            case SwitchAnswered(plan=plan, phase="start", ok=True, dry_run=False, drill=False):
                kept = tuple(t for t in self.started.get(plan, ()) if entry.at - t < DAY)
                return Usage({**self.started, plan: (*kept, entry.at)}, self.proved)
        return self

    def today(self, plan: str, at: Instant) -> int:
        """How often it was thrown within the last 24 hours."""
        return sum(at - t < DAY for t in self.started.get(plan, ()))

    def fresh(self, plan: str, within: float, at: Instant) -> bool:
        """Was it seen to work within so many seconds?"""
        proved = self.proved.get(plan)
        return proved is not None and at - proved <= within
