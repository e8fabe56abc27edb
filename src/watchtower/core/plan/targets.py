"""SLA clocks: how long each step of an incident may take, by severity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field  # noqa: TID251 - not all fields are compared
from enum import StrEnum
from typing import Annotated

from watchtower.core.plan.calendar import SPAN_PATTERN, CalendarSpan, Count, WorkCalendar, parse_span
from watchtower.core.plan.packs import Compliance
from watchtower.fields import AfterValidator, BeforeValidator, Field, Table, WithJsonSchema
from watchtower.model import Severity, Text

_M, _H, _D = 60.0, 3600.0, 86400.0


class Begin(StrEnum):
    """When a clock starts."""

    OPENED = "opened"
    CALL = "call"
    """When the call was opened, or should have been."""
    RESOLVED = "resolved"
    NEVER = "never"
    """Measured afterwards; nothing is told while it runs."""


@dataclass(frozen=True, slots=True)
class ClockKind:
    """What a clock is. `tells`: the roles notified when it runs out; `then`: those after a second miss.
    `goal`: a miss is recorded and nobody is notified. `repeats`: it starts again each time it is met.
    `people`: only people can meet it, so it runs only where somebody has the role."""

    title: Text
    begin: Begin = Begin.OPENED
    tells: tuple[str, ...] = ("commander",)
    then: tuple[str, ...] = ()
    goal: bool = False
    repeats: bool = False
    people: bool = False


_LEAD = ("commander", "deputy")
CLOCKS: Mapping[str, ClockKind] = {
    "detect": ClockKind(Text("detect", "发现"), Begin.NEVER, ()),
    "acknowledge": ClockKind(Text("acknowledge", "认领"), tells=()),
    "call": ClockKind(Text("open the call and fill the roles", "拉起应急会议（作战室）并明确分工"), tells=_LEAD, people=True),
    "mitigate_goal": ClockKind(Text("mitigate (goal)", "止损目标"), tells=(), goal=True),
    "mitigate": ClockKind(Text("mitigate", "止损"), tells=(*_LEAD, "tech_lead")),
    "resolve": ClockKind(Text("resolve", "恢复"), tells=_LEAD),
    "status": ClockKind(
        Text("internal status update", "内部进展通报"), then=("deputy",), repeats=True, people=True
    ),
    "public": ClockKind(
        Text("external status update", "对外进展通报"), Begin.CALL, ("commander", "pr"), ("deputy",), repeats=True, people=True
    ),
    "review_draft": ClockKind(Text("draft of the review", "复盘初稿"), Begin.RESOLVED, people=True),
    "review": ClockKind(Text("review meeting", "复盘会议"), Begin.RESOLVED, people=True),
}  # fmt: skip
"""Every clock, in the order in which they come due. Acknowledging escalates by itself: see the people's room."""

EARLY = 2 * _H
"""Seconds for which `public` holds; then it is `public_later`, or whatever was announced."""

OFF = "off"


def _target(value: object) -> CalendarSpan | None:
    if value == OFF:
        return None
    if not isinstance(value, str):
        raise ValueError('a target is a text such as "5m", "1d", "4 work hours", "5 work days", or "off"')
    return parse_span(value)


Target = Annotated[
    CalendarSpan | None,
    BeforeValidator(_target),
    WithJsonSchema(
        {
            "anyOf": [{"type": "string", "pattern": SPAN_PATTERN}, {"const": OFF}],
            "examples": ["5m", "1d", "4 work hours", "5 work days", "off"],
        }
    ),
]
"""Time that people have; None, in a file `off`: no such clock."""


class SeverityTargets(Table):
    """The clocks of one severity. What is left out keeps its default."""

    detect: Target = Field(default=None, description="To be seen; measured afterwards only.")
    acknowledge: Target = Field(default=None, description="Until somebody acknowledges.")
    call: Target = Field(default=None, description="Until the call is open and roles are filled.")
    mitigate_goal: Target = Field(
        default=None, description="Until the incident should be mitigated; missing it is written down only."
    )
    mitigate: Target = Field(default=None, description="Until it must have stopped.")
    resolve: Target = Field(
        default=None,
        description="Until the incident ends; a miss while users are still affected raises the severity.",
    )
    status: Target = Field(default=None, description="Between two internal status updates.")
    public_first: Target = Field(default=None, description="From the call to the first word outside.")
    public: Target = Field(default=None, description="Between two external updates, for the first two hours.")
    public_later: Target = Field(
        default=None, description="Between two external updates thereafter, unless one announced the next."
    )
    review_draft: Target = Field(default=None, description="From the end to the draft of the review.")
    review: Target = Field(default=None, description="From the end to the review's meeting.")

    @property
    def spans(self) -> Mapping[str, CalendarSpan]:
        """By clock, in the order in which they come due; a clock that does not run is absent."""
        return {
            name: span
            for name in SeverityTargets.declared_fields
            if (span := getattr(self, name)) is not None
        }


def _over(default: SeverityTargets) -> AfterValidator:
    """What is left out keeps this default."""
    return AfterValidator(lambda given: default.model_copy(update=vars(given)))


_P0 = SeverityTargets(
    detect=CalendarSpan(_M), acknowledge=CalendarSpan(5 * _M), call=CalendarSpan(10 * _M), mitigate_goal=CalendarSpan(10 * _M),
    mitigate=CalendarSpan(_H), resolve=CalendarSpan(_D), status=CalendarSpan(15 * _M), public_first=CalendarSpan(5 * _M),
    public=CalendarSpan(20 * _M), public_later=CalendarSpan(_H), review_draft=CalendarSpan(_D), review=CalendarSpan(3 * _D),
)  # fmt: skip
_P1 = SeverityTargets(
    detect=CalendarSpan(_M), acknowledge=CalendarSpan(10 * _M), call=CalendarSpan(15 * _M), mitigate_goal=CalendarSpan(30 * _M),
    mitigate=CalendarSpan(4 * _H), resolve=CalendarSpan(2 * _D), status=CalendarSpan(30 * _M), public_first=CalendarSpan(30 * _M),
    public=CalendarSpan(30 * _M), public_later=CalendarSpan(_H), review=CalendarSpan(5, Count.WORK_DAYS),
)  # fmt: skip
_P2 = SeverityTargets(
    detect=CalendarSpan(5 * _M), acknowledge=CalendarSpan(30 * _M), mitigate=CalendarSpan(8 * _H), resolve=CalendarSpan(5 * _D),
    status=CalendarSpan(2 * _H), review=CalendarSpan(10 * _D),
)  # fmt: skip
_P3 = SeverityTargets(
    detect=CalendarSpan(4, Count.WORK_HOURS), acknowledge=CalendarSpan(4, Count.WORK_HOURS), mitigate=CalendarSpan(5 * _D),
    resolve=CalendarSpan(10 * _D), status=CalendarSpan(1, Count.WORK_DAYS),
)  # fmt: skip
_P4 = SeverityTargets(
    detect=CalendarSpan(1, Count.WORK_DAYS), acknowledge=CalendarSpan(1, Count.WORK_DAYS), resolve=CalendarSpan(30 * _D),
)  # fmt: skip


class Targets(Table):
    """How long each step of an incident may take, by severity."""

    warn_at: float = Field(default=0.8, gt=0, lt=1, description="Share of a clock after which to warn.")
    P0: Annotated[SeverityTargets, _over(_P0)] = Field(default=_P0, description="The worst severity.")
    P1: Annotated[SeverityTargets, _over(_P1)] = Field(default=_P1, description="Severity P1.")
    P2: Annotated[SeverityTargets, _over(_P2)] = Field(default=_P2, description="Severity P2.")
    P3: Annotated[SeverityTargets, _over(_P3)] = Field(default=_P3, description="Severity P3.")
    P4: Annotated[SeverityTargets, _over(_P4)] = Field(default=_P4, description="The least severity.")

    def of(self, level: Severity) -> Mapping[str, CalendarSpan]:
        spans: Mapping[str, CalendarSpan] = getattr(self, level).spans
        return spans


@dataclass(frozen=True, slots=True)
class DeadlinePolicy:
    """The targets with what they are reckoned by.

    `configured`: somebody wrote [targets], so every level has clocks and people are told of them. Otherwise clocks
    run for P0 to P2, those that only people can meet only where somebody is commander or deputy.
    """

    targets: Targets = field(default_factory=Targets)
    calendar: WorkCalendar = field(default_factory=WorkCalendar)
    configured: bool = False
    compliance: Compliance = field(default_factory=Compliance)
    spans: Mapping[Severity, Mapping[str, CalendarSpan]] = field(init=False, repr=False, compare=False)
    """By level; none where no clock runs."""

    def __post_init__(self) -> None:
        levels = [one for one in Severity if self.configured or one.rank <= Severity.P2.rank]
        object.__setattr__(self, "spans", {one: self.targets.of(one) for one in levels})

    def of(self, level: Severity) -> Mapping[str, CalendarSpan]:
        """The spans of this severity; none where no clock runs."""
        return self.spans.get(level, {})
