"""Degradation plans: what can be switched, when it is suggested, who approves, and how its effect is
verified."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from watchtower.fields import Duration, Field, Table, Words
from watchtower.model import Severity
from watchtower.names import Name

DAY = 86400.0


class Mode(StrEnum):
    """Who decides."""

    SUGGEST = "suggest"
    """It is shown in the brief; nobody is paged for it."""
    APPROVE = "approve"
    """The approver's role is paged, and one of them says yes."""
    AUTO = "auto"
    """It runs by itself, if it was drilled lately; else it asks like `approve`."""


class Trigger(Table):
    """When the plan is worth suggesting: all that is given must hold."""

    severity: Severity | None = Field(default=None, description="The incident is at least so bad.")
    signal: tuple[str, ...] = Field(default=(), description="One of these rules fires in it.")
    dependency: tuple[str, ...] = Field(
        default=(), description="One of these checks is down, or an alert fires on it."
    )


class PlanGuard(Table):
    """Limits that prevent harm."""

    max_per_day: int = Field(default=3, ge=1, description="How often it may run within 24 hours.")
    ttl: Duration | None = Field(
        default=None, gt=0, description="It is rolled back after so long. Default: never by itself."
    )
    blast_radius_note: Words | None = Field(
        default=None, description="What else it affects, for who approves."
    )
    needs_drill_within: Duration = Field(
        default=90 * DAY, gt=0, description="auto needs to have been seen to work within so long."
    )


class Verify(Table):
    """How its effect is verified."""

    check: str = Field(min_length=1, description="The check whose next observation tells.")
    when: str = Field(min_length=1, description="A CEL expression over its measurements that must be true.")
    within: Duration = Field(default=120.0, gt=0, description="By when; else the plan has failed.")
    program: Any = Field(default=None, written=False)
    """`when` as a core.expressions.Expression."""


class DegradePlan(Table):
    """A degradation plan: a switch that makes an incident smaller."""

    name: str = Field(default="", written=False)
    source: str = Field(default="", written=False)
    why: Words = Field(description="What it does and why that helps.")
    flow: str = Field(default="", description="The flow that it is for. Default: any, by its trigger.")
    trigger: Trigger = Field(default=Trigger(), description="When it is worth suggesting.")
    mode: Mode = Field(
        default=Mode.APPROVE, description="suggest: shown; approve: somebody is asked; auto: by itself."
    )
    approver_role: Name = Field(default="product", description="The role that is asked.")
    action: Any = Field(default=None, description="What throws the switch.")
    """The settings of its kind of switch, opaque here; None where there is none. So is `rollback`."""
    rollback: Any = Field(
        default=None, description="What takes it back. Default, for a flag: what the file held before."
    )
    guard: PlanGuard = Field(default=PlanGuard(), description="Limits that prevent harm.")
    verify: Verify | None = Field(default=None, description="How it is seen to help.")
    user_text: Words | None = Field(default=None, description="A sentence for users while it is in force.")
