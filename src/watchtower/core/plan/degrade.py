"""Degradation plans: what can be switched, when it is worth suggesting, who may say yes, and how it is seen to work."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from watchtower.model import Severity, Text

DAY = 86400.0


class Mode(StrEnum):
    """Who decides."""

    SUGGEST = "suggest"
    """It is shown in the brief; nobody is paged for it."""
    APPROVE = "approve"
    """The approver's role is paged, and one of them says yes."""
    AUTO = "auto"
    """It runs by itself, if it was drilled lately; else it asks like `approve`."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """All that is given must hold: the level is at least so bad, one of the rules fires, one of the checks is down."""

    level: Severity | None = None
    signal: tuple[str, ...] = ()
    dependency: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Guard:
    """Spans in seconds. `ttl` is how long a switch may stay in force (0: until somebody rolls it back)."""

    max_per_day: int = 3
    ttl: float = 0.0
    blast_radius_note: Text | None = None
    needs_drill_within: float = 90 * DAY


@dataclass(frozen=True, slots=True)
class Verify:
    """The check's next observation that makes `when` true proves the switch; it has `within` seconds to come.

    `program` is a core.expressions.Expression.
    """

    check: str
    when: str
    program: Any
    within: float


@dataclass(frozen=True, slots=True)
class DegradePlan:
    """`action` and `rollback` are the shell's own settings, opaque here; None where there is none."""

    name: str
    why: Text
    flow: str = ""
    trigger: Trigger = field(default_factory=Trigger)
    mode: Mode = Mode.APPROVE
    approver_role: str = "product"
    guard: Guard = field(default_factory=Guard)
    verify: Verify | None = None
    action: Any = None
    rollback: Any = None
    user_text: Text | None = None
    """What users are told while it is in force."""
    source: str = ""
