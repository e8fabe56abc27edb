"""[severity]: the matrix by which incidents are graded, and how their level changes. Every number has a default."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any

from watchtower.core.indicators import Recovery, Urgency
from watchtower.core.plan.indicators import INDICATORS
from watchtower.core.plan.severity import FloorRow, SeverityPolicy
from watchtower.fields import (
    DURATION_PATTERN,
    AfterValidator,
    BeforeValidator,
    Duration,
    Field,
    Settings,
    WithJsonSchema,
    parse_duration,
)
from watchtower.model import Severity, Tier

MATRIX = "matrix"
"""As the severity of a rule: what the matrix says."""
OFF = "off"
_DEFAULT = SeverityPolicy()
_P0, _P1, _P2, _P3, _ = Severity

Counts = Mapping[Severity, Annotated[float, Field(ge=0)]]
Shares = Mapping[Severity, Annotated[float, Field(ge=0, le=1)]]


def _span(value: Any) -> float | None:
    if value is None or value == OFF:
        return None
    if isinstance(value, str):
        return parse_duration(value)
    raise ValueError('write a duration such as "10m", or "off"')


SpanOrOff = Annotated[
    float | None,
    BeforeValidator(_span),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": DURATION_PATTERN}, {"const": OFF}]}),
]
"""Seconds, written as text with a unit; None where it is `off`."""


def _rate(value: str) -> str:
    try:
        good = Decimal(value) > 0
    except ArithmeticError:
        good = False
    if not good:
        raise ValueError(
            f'"{value}" is no rate: write what one unit is worth in your currency, such as "7.12"'
        )
    return value


class MatrixTable(Settings):
    """From which value on it is which level. A row that is written replaces the whole default row; {} turns it off."""

    __annotations__ = {name: Shares if one.relative else Counts for name, one in INDICATORS.items()}
    vars().update({name: Field(default=one.row, description=one.said) for name, one in INDICATORS.items()})


class HoursTable(Settings):
    """One level for each kind of hour."""

    peak: Severity = Field(description="When half as much again as usual is expected, or more.")
    normal: Severity = Field(description="At usual hours.")
    off_peak: Severity = Field(description="When 30 % of the usual is expected, or less.")


class TierTable(Settings):
    """The least level of a confirmed trouble of this tier's flows."""

    down: HoursTable | None = Field(default=None, description="When the flow is down.")
    degraded: HoursTable | None = Field(default=None, description="When it is degraded.")


def _tier(tier: Tier) -> TierTable:
    row = _DEFAULT.floor[tier]
    down, degraded = (
        HoursTable(peak=one[Urgency.PEAK], normal=one[Urgency.NORMAL], off_peak=one[Urgency.OFF_PEAK])
        for one in (row.down, row.degraded)
    )
    return TierTable(down=down, degraded=degraded)


class FloorTable(Settings):
    """The least level, whatever has been counted so far, by tier and hour."""

    down_from: float = Field(
        default=_DEFAULT.down_from,
        gt=0,
        le=1,
        description="The impact (0 to 1) from which a flow counts as down.",
    )
    degraded_from: float = Field(
        default=_DEFAULT.degraded_from, gt=0, le=1, description="The impact from which it counts as degraded."
    )
    core: TierTable = Field(default=_tier(Tier.CORE), description="Flows of the tier core.")
    supporting: TierTable = Field(default=_tier(Tier.SUPPORTING), description="Flows of the tier supporting.")
    peripheral: TierTable = Field(default=_tier(Tier.PERIPHERAL), description="Flows of the tier peripheral.")


class GroupsTable(Settings):
    """Independent kinds of harm that agree make it worse by one: reach, money, time, duty, trust."""

    needed: int = Field(
        default=_DEFAULT.groups_needed, ge=0, le=5, description="So many must hold one level; 0: never."
    )
    at: tuple[Severity, ...] = Field(default=_DEFAULT.groups_at, description="Levels that are raised so.")


class RecoveryTable(Settings):
    """How long it may hurt without a recovery that is known to work, before it is worse by one."""

    none: SpanOrOff = Field(
        default=_DEFAULT.recovery[Recovery.NONE], description="There is nothing to recover with."
    )
    failed: SpanOrOff = Field(
        default=_DEFAULT.recovery[Recovery.FAILED], description="A switch was tried, and did not help."
    )
    unproven: SpanOrOff = Field(
        default=_DEFAULT.recovery[Recovery.UNPROVEN],
        description="There is one that nobody has drilled lately.",
    )


class DoubtTable(Settings):
    """What is assumed where nobody knows, and how far an estimate of little history may go."""

    core: Severity = Field(
        default=_DEFAULT.unknown_core, description="A core flow whose losses nobody can count."
    )
    payment: Severity = Field(
        default=_DEFAULT.unknown_payment,
        description="A flow with amount_per_request whose losses nobody can count.",
    )
    weak_cap: Severity = Field(
        default=_DEFAULT.weak_cap,
        description="A level that rests on less than three weeks of history is held here …",
    )
    weak_agree: Duration = Field(
        default=_DEFAULT.weak_agree,
        ge=0,
        description="… until a second signal agrees, or until it lasted so long.",
    )


class DutyTable(Settings):
    """What compliance duties do to the level."""

    triggered: Severity = Field(
        default=_DEFAULT.duty, description="The least level once a duty is triggered."
    )
    open: Severity = Field(
        default=_DEFAULT.duty_open, description="Not lowered below this while a duty is open."
    )


class LowerTable(Settings):
    """When the response level falls. The record level never does."""

    after: Mapping[Severity, Duration] = Field(
        default=_DEFAULT.verify, description="How long all must be well at a level before it falls by one."
    )
    real_traffic: float = Field(
        default=_DEFAULT.real_traffic,
        gt=0,
        le=1,
        description="The share of the usual traffic that must be back.",
    )
    second_person: tuple[Severity, ...] = Field(
        default=_DEFAULT.second_person,
        description="Levels that nobody lowers alone below what is computed; a named commander confirms.",
    )


class SeverityTable(Settings):
    """How incidents of rules with severity = "matrix" are graded."""

    matrix: MatrixTable = Field(default=MatrixTable(), description="From which value on it is which level.")
    gates: Counts = Field(
        default=_DEFAULT.gates, description="Affected users below which no share alone makes the level."
    )
    floor: FloorTable = Field(default=FloorTable(), description="The least level by tier and hour.")
    groups: GroupsTable = Field(default=GroupsTable(), description="Kinds of harm that agree.")
    recovery: RecoveryTable = Field(default=RecoveryTable(), description="No recovery that works.")
    doubt: DoubtTable = Field(default=DoubtTable(), description="What is not known, or not well.")
    duty: DutyTable = Field(default=DutyTable(), description="Compliance duties.")
    facts: dict[str, Severity] = Field(
        default=dict(_DEFAULT.facts),
        description="Facts that people enter, with the level each has by itself.",
    )
    lower: LowerTable = Field(default=LowerTable(), description="When the response falls.")
    promote_overdue: bool = Field(
        default=_DEFAULT.promote_overdue,
        description="A resolve target that passes raises the level, once a level.",
    )
    currency: str = Field(
        default=_DEFAULT.currency, pattern=r"^([A-Z]{3})?$",
        description="The currency of loss and loss_projected, such as CNY; empty: whatever each amount is in.",
    )  # fmt: skip
    rates: dict[str, Annotated[str, AfterValidator(_rate)]] = Field(
        default={}, description='What one unit of another currency is worth in it: USD = "7.12".'
    )


def policy_of(table: SeverityTable | None) -> SeverityPolicy:
    """What holds: the defaults, and what is written over them."""
    if table is None:
        return SeverityPolicy()
    recovery = {
        Recovery.NONE: table.recovery.none,
        Recovery.FAILED: table.recovery.failed,
        Recovery.UNPROVEN: table.recovery.unproven,
    }
    return SeverityPolicy(
        matrix={name: _row(getattr(table.matrix, name)) for name in MatrixTable.model_fields},
        gates=_row(table.gates),
        floor={tier: _floor(tier, getattr(table.floor, tier)) for tier in Tier},
        down_from=table.floor.down_from,
        degraded_from=table.floor.degraded_from,
        groups_needed=table.groups.needed,
        groups_at=table.groups.at,
        recovery={what: span for what, span in recovery.items() if span is not None},
        weak_cap=table.doubt.weak_cap,
        weak_agree=table.doubt.weak_agree,
        unknown_core=table.doubt.core,
        unknown_payment=table.doubt.payment,
        facts=table.facts,
        duty=table.duty.triggered,
        duty_open=table.duty.open,
        verify={**_DEFAULT.verify, **table.lower.after},
        real_traffic=table.lower.real_traffic,
        promote_overdue=table.promote_overdue,
        second_person=table.lower.second_person,
        currency=table.currency,
        rates={one: Decimal(rate) for one, rate in table.rates.items()},
    )


def _row(written: Mapping[Severity, float]) -> dict[Severity, float]:
    """In the order of the levels."""
    return {level: written[level] for level in Severity if level in written}


def _floor(tier: Tier, table: TierTable) -> FloorRow:
    default = _DEFAULT.floor[tier]
    return FloorRow(
        _hours(table.down) if table.down else default.down,
        _hours(table.degraded) if table.degraded else default.degraded,
    )


def _hours(table: HoursTable) -> dict[Urgency, Severity]:
    return {Urgency.PEAK: table.peak, Urgency.NORMAL: table.normal, Urgency.OFF_PEAK: table.off_peak}
