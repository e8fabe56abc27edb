"""Where a duty stands: clear, in watch, triggered; what was filed, and every judgement with its evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from watchtower.core.deadlines import kinds
from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.payload import Payload
from watchtower.model import Instant
from watchtower.values import Frozen, field, replace


class DutyStanding(StrEnum):
    """`TRIGGERED` never falls by itself: a person says that it does not apply, and why."""

    CLEAR = "clear"
    WATCH = "watch"
    TRIGGERED = "triggered"
    NOT_APPLICABLE = "not_applicable"


class FilingState(Frozen):
    """One step that must be done by `due`. `by_letter` is when the rule's own clock had it due, where the duty was found
    to apply only later; `before` how often a step that repeats was filed. What has `ended` is not filed any more."""

    id: str
    kind: str
    title_en: str
    title_zh: str
    due: Instant
    warn: Instant
    warned: Instant | None = None
    breached: Instant | None = None
    filed_at: Instant | None = None
    reference: str = ""
    by_letter: Instant | None = None
    before: int = 0
    ended: bool = False


class DutyVerdict(Frozen):
    """One judgement: when, what, on which numbers, by which version of the rules, and who where a person did."""

    at: Instant
    standing: str
    evidence: Mapping[str, Any]
    version: str = ""
    by: str = "watchtower"
    reason: str = ""


class DutyState(Frozen):
    """`evidence` is that of the judgement in force; `log` has all of them. `grade` is the highest that it had."""

    id: str
    standing: DutyStanding = DutyStanding.CLEAR
    since: Instant = 0.0
    evidence: Mapping[str, Any] = field(default_factory=dict)
    version: str = ""
    grade: str = ""
    steps: tuple[FilingState, ...] = ()
    log: tuple[DutyVerdict, ...] = ()

    @property
    def unfiled(self) -> tuple[FilingState, ...]:
        """Steps that are still to be done; none while it does not apply."""
        if self.standing is not DutyStanding.TRIGGERED:
            return ()
        return tuple(step for step in self.steps if step.filed_at is None and not step.ended)

    @property
    def next_due(self) -> Instant | None:
        return min((step.due for step in self.unfiled), default=None)


def duties_after(duties: Mapping[str, DutyState], said: Payload, entry: LogEntry) -> Mapping[str, DutyState]:
    """The duties after this entry; the same where it is none of theirs. KeyError where the duty is not known."""
    match said:
        case kinds.DutyJudged(duty=id):
            made = _judged(duties.get(id) or DutyState(id), said, entry)
        case kinds.DutyFollowed(duty=id, steps=begun, ended=ended):
            made = _begun(duties[id], begun)
            for name in ended:
                made = _step(made, name, ended=True)
        case kinds.DutyFiled(duty=id):
            made = _filed(duties[id], said, entry)
        case kinds.DutyWarned(duty=id, step=name):
            made = _step(duties[id], name, warned=entry.at)
        case kinds.DutyBreached(duty=id, step=name):
            made = _step(duties[id], name, breached=entry.at)
        case _:
            return duties
    return {**duties, made.id: made}


def _judged(duty: DutyState, said: kinds.DutyJudged, entry: LogEntry) -> DutyState:
    standing = DutyStanding(said.standing)
    judged = DutyVerdict(entry.at, standing, said.evidence, said.version, entry.by, entry.detail)
    since = duty.since if standing is duty.standing else entry.at
    return replace(
        _begun(duty, said.steps or ()), standing=standing, since=since, evidence=said.evidence, version=said.version,
        grade=said.grade or duty.grade, log=(*duty.log, judged),
    )  # fmt: skip


def _begun(duty: DutyState, steps: Sequence[kinds.FilingDue]) -> DutyState:
    """With these steps, in the place of those of the same names."""
    made = {one.id: one for one in duty.steps}
    for one in steps:
        old = made.get(one.id)
        before = old.before + (old.filed_at is not None) if old else 0
        made[one.id] = FilingState(
            one.id,
            one.kind,
            one.en,
            one.zh,
            one.due,
            one.warn,
            by_letter=one.by_letter or None,
            before=before,
        )
    return replace(duty, steps=tuple(made.values()))


def _filed(duty: DutyState, said: kinds.DutyFiled, entry: LogEntry) -> DutyState:
    duty = _step(duty, said.step, filed_at=entry.at, reference=said.reference)
    for name, laid in said.moved.items():
        duty = _step(duty, name, due=laid.due, warn=laid.warn)
        if name == said.step:  # it repeats
            times = sum(one.before for one in duty.steps if one.id == name) + 1
            duty = _step(duty, name, filed_at=None, warned=None, breached=None, before=times)
    return duty


def _step(duty: DutyState, name: str, **changes: Any) -> DutyState:
    return replace(duty, steps=tuple(replace(s, **changes) if s.id == name else s for s in duty.steps))
