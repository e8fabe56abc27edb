"""`[severity]`: what product, finance and compliance agree on before anything breaks: from which number on it is how severe.

Shares are 0..1, spans are seconds. `docs/severity.md` explains each number.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from watchtower.core.indicators import Urgency
from watchtower.core.plan.indicators import INDICATORS, Row
from watchtower.fields import AfterValidator, Duration, Field, SpanOrOff, Table
from watchtower.model import Severity, Tier
from watchtower.money import Rate

P0, P1, P2, P3, P4 = Severity


def _sorted(row: Row) -> Row:
    """From P0 on."""
    return {severity: row[severity] for severity in Severity if severity in row}


Counts = Annotated[Mapping[Severity, Annotated[float, Field(ge=0)]], AfterValidator(_sorted)]
Shares = Annotated[Mapping[Severity, Annotated[float, Field(ge=0, le=1)]], AfterValidator(_sorted)]


class MatrixRows(Table):
    """From which value on an incident has which severity. A row that is written replaces the whole default
    row; {} turns it off."""

    __annotations__ = {name: Shares if one.relative else Counts for name, one in INDICATORS.items()}
    vars().update({name: Field(default=one.row, description=one.said) for name, one in INDICATORS.items()})

    def row(self, indicator: str) -> Row:
        found: Row = getattr(self, indicator)
        return found


class FloorHours(Table):
    """One severity for each kind of hour."""

    peak: Severity = Field(description="When half as much again as usual is expected, or more.")
    normal: Severity = Field(description="At usual hours.")
    off_peak: Severity = Field(description="When 30 % of the usual is expected, or less.")

    def at(self, urgency: Urgency) -> Severity:
        found: Severity = getattr(self, urgency)
        return found


class TierFloor(Table):
    """The least severity of a confirmed outage of this tier's flows."""

    down: FloorHours | None = Field(default=None, description="When the flow is down.")
    degraded: FloorHours | None = Field(default=None, description="When it is degraded.")


def _tier(
    down: tuple[Severity, Severity, Severity], degraded: tuple[Severity, Severity, Severity]
) -> TierFloor:
    hours = (FloorHours(peak=peak, normal=normal, off_peak=quiet) for peak, normal, quiet in (down, degraded))
    return TierFloor(down=next(hours), degraded=next(hours))


class SeverityFloor(Table):
    """The least severity, whatever has been counted so far, by tier and hour."""

    down_from: float = Field(
        default=0.8, gt=0, le=1, description="The impact (0 to 1) from which a flow counts as down."
    )
    degraded_from: float = Field(
        default=0.1, gt=0, le=1, description="The impact from which it counts as degraded."
    )
    weight: Shares = Field(
        default={P0: 0.1},
        description="The share of the product that a flow needs for so severe a floor; of others it is milder.",
    )
    core: TierFloor = Field(default=_tier((P0, P1, P2), (P1, P2, P3)), description="Flows of the tier core.")
    supporting: TierFloor = Field(
        default=_tier((P2, P3, P3), (P3, P4, P4)), description="Flows of the tier supporting."
    )
    peripheral: TierFloor = Field(
        default=_tier((P3, P4, P4), (P4, P4, P4)), description="Flows of the tier peripheral."
    )

    def hours(self, tier: Tier, what: str) -> FloorHours:
        """Of `down` or `degraded`."""
        found: FloorHours | None = getattr(getattr(self, tier), what)
        default: FloorHours = getattr(getattr(type(self), tier), what)
        return default if found is None else found


class HarmGroups(Table):
    """Independent kinds of harm at one severity raise it by one: reach, money, time, duty, trust."""

    needed: int = Field(
        default=3, ge=0, le=5, description="How many kinds must reach one severity; 0: never."
    )
    at: tuple[Severity, ...] = Field(default=(P1, P2), description="Severities that are raised so.")


class RecoveryLimits(Table):
    """How long users may be affected without a working recovery plan before the severity rises by one."""

    none: SpanOrOff = Field(default=600.0, description="There is nothing to recover with.")
    failed: SpanOrOff = Field(default=600.0, description="A switch was tried, and did not help.")
    unproven: SpanOrOff = Field(default=1800.0, description="There is one that nobody has drilled lately.")


class DoubtPolicy(Table):
    """The severity assumed for an unknown impact, and the limit of an estimate with little history."""

    core: Severity = Field(
        default=P2, description="A core flow whose losses nobody can count, and the first page on any."
    )
    payment: Severity = Field(
        default=P1,
        description="A flow with amount_per_request whose losses nobody can count, and the first page on a core one.",
    )
    weak_cap: Severity = Field(
        default=P2, description="A severity that rests on less than three weeks of history is held here …"
    )
    weak_for: Duration = Field(
        default=180.0, ge=0, description="… until a second signal confirms it, or until it lasted so long."
    )

    def assumed(self, payment: bool) -> Severity:
        return self.payment if payment else self.core


class DutySeverity(Table):
    """The effect of compliance duties on the severity."""

    triggered: Severity = Field(default=P1, description="The least severity once a duty is triggered.")
    open: Severity = Field(default=P2, description="Not lowered below this while a duty is open.")


_WELL: Mapping[Severity, float] = {P0: 900.0, P1: 900.0, P2: 600.0, P3: 600.0, P4: 600.0}


class LoweringPolicy(Table):
    """When the response severity falls. The record severity never does."""

    after: Annotated[Mapping[Severity, Duration], AfterValidator(lambda given: {**_WELL, **given})] = Field(
        default=_WELL, description="How long real traffic must be back at a severity before it falls by one."
    )
    real_traffic: float = Field(
        default=0.9, gt=0, le=1, description="The share of the usual traffic that must be back."
    )
    second_person: tuple[Severity, ...] = Field(
        default=(P0, P1),
        description="Severities that nobody lowers alone below the computed one; a named commander confirms.",
    )


class SeverityPolicy(Table):
    """How incidents of rules with severity = "matrix" are graded."""

    matrix: MatrixRows = Field(
        default=MatrixRows(), description="From which value on an incident has which severity."
    )
    gates: Counts = Field(
        default={P0: 1_000, P1: 100, P2: 20, P3: 1},
        description="How many affected users a share needs to count.",
    )
    floor: SeverityFloor = Field(default=SeverityFloor(), description="The least severity by tier and hour.")
    groups: HarmGroups = Field(default=HarmGroups(), description="Independent kinds of harm.")
    recovery: RecoveryLimits = Field(default=RecoveryLimits(), description="No recovery that works.")
    doubt: DoubtPolicy = Field(default=DoubtPolicy(), description="What is not known, or not well.")
    duty: DutySeverity = Field(default=DutySeverity(), description="Compliance duties.")
    facts: Mapping[str, Severity] = Field(
        default={"data_breach": P0}, description="Confirmations by people, each with its severity."
    )
    lower: LoweringPolicy = Field(default=LoweringPolicy(), description="When the response falls.")
    promote_overdue: bool = Field(
        default=True, description="An overdue resolve clock raises the severity, once for each severity."
    )
    currency: str = Field(
        default="", pattern=r"^([A-Z]{3})?$",
        description="The currency of loss and loss_projected, such as CNY; empty: whatever each amount is in.",
    )  # fmt: skip
    rates: Mapping[str, Rate] = Field(
        default={}, description='What one unit of another currency is worth in it: USD = "7.12".'
    )
