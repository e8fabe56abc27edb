"""Where a duty stands: clear, in watch, triggered; what was filed, and every judgement with its evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from watchtower.core.entry import LogEntry
from watchtower.model import Instant


class Standing(StrEnum):
    """`TRIGGERED` never falls by itself: a person says that it does not apply, and why."""

    CLEAR = "clear"
    WATCH = "watch"
    TRIGGERED = "triggered"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True)
class FilingState:
    """One step that must be done by `due`."""

    id: str
    kind: str
    title_en: str
    title_zh: str
    due: Instant
    warn: Instant
    warned: Instant | None = None
    breached: Instant | None = None
    filed_at: Instant | None = None
    filed_by: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """One judgement: when, what, on which numbers, by which version of the rules, and who where a person did."""

    at: Instant
    standing: str
    evidence: Mapping[str, Any]
    version: str = ""
    by: str = "watchtower"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DutyState:
    """`evidence` is that of the judgement in force; `log` has all of them."""

    id: str
    standing: Standing = Standing.CLEAR
    since: Instant = 0.0
    evidence: Mapping[str, Any] = field(default_factory=dict)
    version: str = ""
    steps: tuple[FilingState, ...] = ()
    log: tuple[Judged, ...] = ()

    @property
    def unfiled(self) -> tuple[FilingState, ...]:
        """Steps that are still to be done; none while it does not apply."""
        if self.standing is not Standing.TRIGGERED:
            return ()
        return tuple(step for step in self.steps if step.filed_at is None)

    @property
    def next_due(self) -> Instant | None:
        return min((step.due for step in self.unfiled), default=None)


def duties_after(duties: Mapping[str, DutyState], word: str, entry: LogEntry) -> Mapping[str, DutyState]:
    """The duties after an entry `deadlines.WORD`; the same where it is none of theirs. Raises where it is garbled."""
    data = entry.data
    if word == "duty":
        made = _judged(duties.get(data["duty"]) or DutyState(str(data["duty"])), entry)
    elif word == "filed":
        made = _filed(duties[data["duty"]], entry)
    elif word in ("duty_warned", "duty_breached"):
        duty = duties[data["duty"]]
        name = "warned" if word == "duty_warned" else "breached"
        made = _step(duty, data["step"], **{name: entry.at})
    else:
        return duties
    return {**duties, made.id: made}


def _judged(duty: DutyState, entry: LogEntry) -> DutyState:
    data = entry.data
    standing = Standing(data["standing"])
    evidence = dict(data.get("evidence", {}))
    version = str(data.get("version", ""))
    judged = Judged(entry.at, str(standing), evidence, version, entry.by, entry.detail)
    steps = tuple(
        FilingState(
            str(one["id"]), str(one["kind"]), str(one["en"]), str(one["zh"]), float(one["due"]), float(one["warn"])
        )
        for one in data.get("steps", ())
    )  # fmt: skip
    return replace(
        duty, standing=standing, since=entry.at, evidence=evidence, version=version, steps=steps or duty.steps,
        log=(*duty.log, judged),
    )  # fmt: skip


def _filed(duty: DutyState, entry: LogEntry) -> DutyState:
    """`moved`: steps that count from this one have a new date."""
    duty = _step(
        duty, entry.data["step"], filed_at=entry.at, filed_by=entry.by, reference=str(entry.data.get("reference", ""))
    )  # fmt: skip
    for name, spans in dict(entry.data.get("moved", {})).items():
        duty = _step(duty, name, due=float(spans["due"]), warn=float(spans["warn"]))
    return duty


def _step(duty: DutyState, name: str, **changes: Any) -> DutyState:
    return replace(duty, steps=tuple(replace(s, **changes) if s.id == name else s for s in duty.steps))
