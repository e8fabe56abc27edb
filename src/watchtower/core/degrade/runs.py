"""Runs of degradation plans in one incident, projected from its log."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from watchtower.core.degrade.table import IN_FORCE, TABLE, RunState, Sign
from watchtower.core.entry import LogEntry
from watchtower.model import Instant

START, ROLLBACK = "start", "rollback"


@dataclass(frozen=True, slots=True)
class Owed:
    """Something that the shell must carry out. `key` is the same for every attempt; with `dry_run` nothing is done."""

    run: str
    plan: str
    phase: str
    key: str
    at: Instant
    by: str = ""
    dry_run: bool = False
    drill: bool = False


def owed_of(entry: LogEntry) -> Owed | None:
    """What this line owes; None for any other line."""
    if entry.kind != "degrade.run_owed":
        return None
    data = entry.data
    words = [data.get(name) for name in ("run", "plan", "phase", "key")]
    if not all(isinstance(word, str) and word for word in words):
        return None
    run, plan, phase, key = map(str, words)
    return Owed(
        run, plan, phase, key, entry.at, entry.by, data.get("dry_run") is True, data.get("drill") is True
    )


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one plan. `id` is `INC-7.switch-gateway.1`.

    `suggested_at` is when it was first offered, `started_at` when the switch was thrown, `ended_at` when it was
    rolled back; `answer` what the far side or the check said last; `executed`: the switch was tried at all.
    """

    id: str
    plan: str
    state: RunState = RunState.SUGGESTED
    mode: str = ""
    suggested_at: Instant = 0.0
    decided_at: Instant | None = None
    decided_by: str = ""
    started_at: Instant | None = None
    verified_at: Instant | None = None
    ended_at: Instant | None = None
    executed: bool = False
    failed: bool = False
    """It was refused, or did not help in time; also after it was rolled back."""
    reminded: bool = False
    """Somebody was told that it is in force although the incident is over."""
    rollbacks: int = 0
    """How often it was tried to take it back."""
    answer: str = ""

    @property
    def in_force(self) -> bool:
        """The switch was thrown and is not back; a failed one too, as long as nobody took it back."""
        return self.state in IN_FORCE or (self.state is RunState.FAILED and self.started_at is not None)


_SIGNS = {
    "degrade.approved": Sign.APPROVE,
    "degrade.rejected": Sign.REJECT,
    "degrade.withdrawn": Sign.WITHDRAW,
    "degrade.verified": Sign.PROVED,
    "degrade.unproved": Sign.UNPROVED,
    "degrade.rollback": Sign.ROLLBACK,
}


@dataclass(frozen=True, slots=True)
class Runs:
    """Runs in the order in which they were suggested; `owed` is what the shell has not answered yet."""

    runs: tuple[Run, ...] = ()
    owed: tuple[Owed, ...] = ()

    def after(self, entry: LogEntry) -> Runs:
        """This slice of the history with one more entry of its own kind; what it cannot read it leaves out."""
        try:
            return self._after(entry, str(entry.data.get("run", "")))
        except (TypeError, ValueError, AttributeError, KeyError):
            return self

    def run(self, id: str) -> Run | None:
        return next((r for r in self.runs if r.id == id), None)

    def of(self, plan: str) -> Run | None:
        """The newest run of this plan."""
        return next((r for r in reversed(self.runs) if r.plan == plan), None)

    def in_force(self) -> tuple[Run, ...]:
        return tuple(r for r in self.runs if r.in_force)

    def suggested(self) -> tuple[Run, ...]:
        return tuple(r for r in self.runs if r.state is RunState.SUGGESTED)

    def _after(self, entry: LogEntry, id: str) -> Runs:
        data = entry.data
        if entry.kind == "degrade.suggested":
            if not id or self.run(id) is not None:
                return self
            run = Run(id, str(data["plan"]), mode=str(data.get("mode", "")), suggested_at=entry.at)
            return replace(self, runs=(*self.runs, run))
        owed = owed_of(entry)
        if owed is not None:
            known = any(o.key == owed.key for o in self.owed)
            return self if known else replace(self, owed=(*self.owed, owed))
        if entry.kind == "degrade.ran":
            return self._ran(entry, id)
        if entry.kind == "degrade.reminded":
            return replace(
                self, runs=tuple(replace(r, reminded=True) if r.id == id else r for r in self.runs)
            )
        sign = _SIGNS.get(entry.kind)
        if sign is None:
            return self
        changes: dict[str, Any] = {}
        if sign in (Sign.APPROVE, Sign.REJECT):
            changes = {"decided_at": entry.at, "decided_by": entry.by}
        elif sign is Sign.PROVED:
            changes = {"verified_at": entry.at, "answer": entry.detail}
        elif sign is Sign.UNPROVED:
            changes = {"failed": True, "answer": entry.detail}
        return self._moved(id, sign, changes)

    def _ran(self, entry: LogEntry, id: str) -> Runs:
        data = entry.data
        key, ok = str(data["key"]), data.get("ok") is True
        without = replace(self, owed=tuple(o for o in self.owed if o.key != key))
        if data.get("dry_run"):
            return without
        changes: dict[str, Any] = {"answer": entry.detail}
        if data["phase"] == START:
            changes |= {"executed": True} | ({"started_at": entry.at} if ok else {"failed": True})
            return without._moved(id, Sign.STARTED if ok else Sign.REFUSED, changes)
        run = self.run(id)
        changes |= {"rollbacks": run.rollbacks + 1 if run else 1} | ({"ended_at": entry.at} if ok else {})
        return without._moved(id, Sign.RESTORED if ok else Sign.KEPT, changes)

    def _moved(self, id: str, sign: Sign, changes: dict[str, Any]) -> Runs:
        """The table's answer; where it says that nothing changes, nothing does."""
        return replace(
            self,
            runs=tuple(
                replace(r, state=TABLE[r.state, sign], **changes)
                if r.id == id and TABLE[r.state, sign] is not r.state
                else r
                for r in self.runs
            ),
        )
