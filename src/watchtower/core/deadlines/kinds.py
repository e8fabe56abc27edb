"""The kinds of log entries about SLA clocks and duties."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from msgspec import UNSET, UnsetType

from watchtower.core.incident.payload import Json, Payload, kinds
from watchtower.model import Instant


class Laid(msgspec.Struct, frozen=True, omit_defaults=True):
    """When a clock is due and when it warns. `kept`: the update before was in time."""

    due: Instant
    warn: Instant
    kept: bool | UnsetType = UNSET


class _Clocks(Payload):
    severity: str
    clocks: Mapping[str, Laid]


class ClocksStarted(_Clocks):
    """Clocks began, or began anew."""

    kind = "deadlines.started"


class ClocksShortened(_Clocks):
    """The clocks follow another severity; `clocks` are those whose time got shorter."""

    kind = "deadlines.severity_changed"


class ClocksStopped(Payload):
    """Clocks that do not matter any more."""

    kind = "deadlines.stopped"
    clocks: Sequence[str]


class _Clock(Payload):
    clock: str


class ClockWarned(_Clock):
    """A clock runs out soon."""

    kind = "deadlines.warned"


class ClockMet(_Clock):
    """What a clock waits for happened, `when` it did."""

    kind = "deadlines.met"
    when: Instant | None = None


class ClockBreached(_Clock):
    """A clock ran out. With `due` it goes on to its next time."""

    kind = "deadlines.breached"
    miss: int
    en: str
    zh: str
    due: Instant | None = None
    warn: Instant | None = None


class ClockPaused(_Clock):
    """A person stopped a clock for a while."""

    kind = "deadlines.paused"


class ClockResumed(_Clock):
    """A clock goes on."""

    kind = "deadlines.resumed"


class CallOpened(Payload):
    """The call was opened."""

    kind = "deadlines.call"
    link: str


class OutageCounted(Payload):
    """What an incident that is over cost: minutes of degradation by flow, and what adds up over incidents of a cause."""

    kind = "deadlines.outage"
    incident: str
    start: Instant
    end: Instant
    flows: Mapping[str, float]
    sums: Mapping[str, float]
    cause: str


class FilingDue(msgspec.Struct, frozen=True, omit_defaults=True):
    """A notice or report that a duty asks for."""

    id: str
    kind: str
    en: str
    zh: str
    due: Instant
    warn: Instant
    by_letter: Instant | UnsetType = UNSET
    """When the rule's own clock had it due, where that was before the duty applied."""


class DutyJudged(Payload):
    """A legal duty applies, may soon apply, or does not; on which evidence and by which version of its rules."""

    kind = "deadlines.duty"
    duty: str
    standing: str
    evidence: Json
    version: str
    authority: str | UnsetType = UNSET
    owner: str | UnsetType = UNSET
    steps: Sequence[FilingDue] | UnsetType = UNSET
    grade: str | UnsetType = UNSET


class DutyFollowed(Payload):
    """The incident has recovered or reopened: `steps` are due now, `ended` are not any more."""

    kind = "deadlines.duty_followed"
    duty: str
    steps: Sequence[FilingDue]
    ended: Sequence[str]


class DutyFiled(Payload):
    """A notice or report was filed. `moved` are later ones whose time counts from it, and itself where it repeats."""

    kind = "deadlines.filed"
    duty: str
    step: str
    reference: str
    moved: Mapping[str, Laid]
    en: str
    zh: str


class DutyWarned(Payload):
    """A filing is due soon."""

    kind = "deadlines.duty_warned"
    duty: str
    step: str


class DutyBreached(Payload):
    """A filing is overdue."""

    kind = "deadlines.duty_breached"
    duty: str
    step: str
    en: str
    zh: str


KINDS = kinds(
    ClocksStarted, ClocksShortened, ClocksStopped, ClockWarned, ClockMet, ClockBreached, ClockPaused, ClockResumed,
    CallOpened, OutageCounted, DutyJudged, DutyFollowed, DutyFiled, DutyWarned, DutyBreached,
)  # fmt: skip
