"""How long each level may take for what: the targets, which the people of a product agree on beforehand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from watchtower.core.deadlines.calendar import Count, Span, WorkCalendar
from watchtower.core.deadlines.packs import Compliance
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
    """What a clock is. `tells`: the roles told when it runs out; `then`: those after a second miss. `goal`: missing
    it is written down, nobody is told. `repeats`: starts anew each time it is met. `people`: only people can meet
    it by saying so, therefore it runs only where somebody has such a duty."""

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
    "acknowledge": ClockKind(Text("acknowledge", "确认接手"), tells=()),
    "call": ClockKind(Text("open the call, fill the roles", "召集会议并明确分工"), tells=_LEAD, people=True),
    "mitigate_goal": ClockKind(Text("stop the bleeding (goal)", "止血目标"), tells=(), goal=True),
    "mitigate": ClockKind(Text("stop the bleeding", "止血"), tells=(*_LEAD, "tech_lead")),
    "resolve": ClockKind(Text("resolve", "彻底解决"), tells=_LEAD),
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

PACES: Mapping[str, Text] = {
    "public_first": Text("first external update, after the call", "会议后首次对外通报"),
    "public_later": Text(
        "external updates after two hours, unless announced otherwise", "两小时后的对外通报"
    ),
}
"""Further paces of the clock `public`."""
EARLY = 2 * _H
"""Seconds for which `public` holds; then it is `public_later`, or whatever was announced."""

DEFAULTS: Mapping[Severity, Mapping[str, Span]] = {
    Severity.P0: {
        "detect": Span(_M), "acknowledge": Span(5 * _M), "call": Span(10 * _M), "mitigate_goal": Span(10 * _M),
        "mitigate": Span(_H), "resolve": Span(_D), "status": Span(15 * _M), "public_first": Span(5 * _M),
        "public": Span(20 * _M), "public_later": Span(_H), "review_draft": Span(_D), "review": Span(3 * _D),
    },
    Severity.P1: {
        "detect": Span(_M), "acknowledge": Span(10 * _M), "call": Span(15 * _M), "mitigate_goal": Span(30 * _M),
        "mitigate": Span(4 * _H), "resolve": Span(2 * _D), "status": Span(30 * _M), "public_first": Span(30 * _M),
        "public": Span(30 * _M), "public_later": Span(_H), "review": Span(5, Count.WORK_DAYS),
    },
    Severity.P2: {
        "detect": Span(5 * _M), "acknowledge": Span(30 * _M), "mitigate": Span(8 * _H), "resolve": Span(5 * _D),
        "status": Span(2 * _H), "review": Span(10 * _D),
    },
    Severity.P3: {
        "detect": Span(4, Count.WORK_HOURS), "acknowledge": Span(4, Count.WORK_HOURS), "mitigate": Span(5 * _D),
        "resolve": Span(10 * _D), "status": Span(1, Count.WORK_DAYS),
    },
    Severity.P4: {
        "detect": Span(1, Count.WORK_DAYS), "acknowledge": Span(1, Count.WORK_DAYS), "resolve": Span(30 * _D),
    },
}  # fmt: skip
"""What holds where [targets] is silent."""


@dataclass(frozen=True, slots=True)
class DeadlinePolicy:
    """`targets` by level and clock. `warn_at` is the share of a clock after which people are warned.

    `configured`: somebody wrote [targets], so every level has clocks and people are told of them. Otherwise clocks
    run for P0 to P2, those that only people can meet only where somebody is commander or deputy.
    """

    targets: Mapping[Severity, Mapping[str, Span]] = field(default_factory=lambda: DEFAULTS)
    calendar: WorkCalendar = field(default_factory=WorkCalendar)
    warn_at: float = 0.8
    configured: bool = False
    compliance: Compliance = field(default_factory=Compliance)

    def of(self, level: Severity) -> Mapping[str, Span]:
        """The level's spans; none where no clock runs."""
        if not self.configured and level.rank > Severity.P2.rank:
            return {}
        return self.targets.get(level, {})
