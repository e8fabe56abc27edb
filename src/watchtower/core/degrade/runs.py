"""Runs of degradation plans in one incident, projected from its log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from watchtower.core.degrade import kinds
from watchtower.core.degrade.table import IN_FORCE, TABLE, RunState, Sign
from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.payload import Payload, read, read_as
from watchtower.model import Instant
from watchtower.values import Frozen, replace

START, ROLLBACK = "start", "rollback"


class QueuedRun(Frozen):
    """Something that the shell must carry out. `key` is the same for every attempt; with `dry_run` nothing is done."""

    run: str
    plan: str
    phase: str
    key: str
    at: Instant
    by: str = ""
    dry_run: bool = False
    drill: bool = False


def queued_run(entry: LogEntry) -> QueuedRun | None:
    """The switch that this line queues; None for any other line."""
    said = read_as(entry, kinds.SwitchQueued) if entry.kind == kinds.SwitchQueued.kind else None
    return None if said is None else _queued(said, entry)


def _queued(said: kinds.SwitchQueued, entry: LogEntry) -> QueuedRun | None:
    if not (said.run and said.plan and said.phase and said.key):
        return None
    return QueuedRun(said.run, said.plan, said.phase, said.key, entry.at, entry.by, said.dry_run, said.drill)


class Run(Frozen):
    """One run of one plan. `id` is `INC-7.switch-gateway.1`.

    `started_at` is when the switch was thrown, `ended_at` when it was rolled back; `answer` what the far side
    or the check said last; `executed`: the switch was tried at all.
    """

    id: str
    plan: str
    state: RunState = RunState.SUGGESTED
    mode: str = ""
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


_SIGNS: Mapping[type[Payload], Sign] = {
    kinds.RunApproved: Sign.APPROVE,
    kinds.RunRejected: Sign.REJECT,
    kinds.RunWithdrawn: Sign.WITHDRAW,
    kinds.RunVerified: Sign.PROVED,
    kinds.RunUnproved: Sign.UNPROVED,
    kinds.RunRolledBack: Sign.ROLLBACK,
}


class Runs(Frozen):
    """Runs in the order in which they were suggested; `queued` is what the shell has not answered yet."""

    runs: tuple[Run, ...] = ()
    queued: tuple[QueuedRun, ...] = ()

    def after(self, entry: LogEntry) -> Runs:
        """This slice of the history with one more entry; what it cannot read it leaves out."""
        match read(entry, kinds.KINDS):
            case kinds.PlanSuggested(run=id, plan=plan, mode=mode) if id and self.run(id) is None:
                return replace(self, runs=(*self.runs, Run(id, plan, mode=mode)))
            case kinds.SwitchQueued() as said:
                queued = _queued(said, entry)
                known = queued is None or any(o.key == queued.key for o in self.queued)
                return self if queued is None or known else replace(self, queued=(*self.queued, queued))
            case kinds.SwitchAnswered() as said:
                return self._ran(said, entry)
            case kinds.RunReminded(run=id):
                return replace(
                    self, runs=tuple(replace(r, reminded=True) if r.id == id else r for r in self.runs)
                )
            case kinds.RunEntry() as said if type(said) in _SIGNS:
                return self._decided(said.run, _SIGNS[type(said)], entry)
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

    def _decided(self, id: str, sign: Sign, entry: LogEntry) -> Runs:
        changes: dict[str, Any] = {}
        if sign in (Sign.APPROVE, Sign.REJECT):
            changes = {"decided_by": entry.by}
        elif sign is Sign.PROVED:
            changes = {"verified_at": entry.at, "answer": entry.detail}
        elif sign is Sign.UNPROVED:
            changes = {"failed": True, "answer": entry.detail}
        return self._moved(id, sign, changes)

    def _ran(self, said: kinds.SwitchAnswered, entry: LogEntry) -> Runs:
        id, ok = said.run, said.ok
        without = replace(self, queued=tuple(o for o in self.queued if o.key != said.key))
        if said.dry_run:
            return without
        changes: dict[str, Any] = {"answer": entry.detail}
        if said.phase == START:
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
