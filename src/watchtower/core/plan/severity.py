"""What product, finance and compliance agree on before anything breaks: from which number on it is which level.

Every number is a default that `[severity]` in rules.toml replaces. Shares are 0..1, spans are seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from watchtower.core.indicators import Recovery, Urgency
from watchtower.core.plan.indicators import INDICATORS, Row
from watchtower.model import Severity, Tier

P0, P1, P2, P3, P4 = Severity


@dataclass(frozen=True, slots=True)
class FloorRow:
    """The least level of a confirmed trouble of one tier, by how busy the hour is."""

    down: Mapping[Urgency, Severity]
    degraded: Mapping[Urgency, Severity]


def _hours(peak: Severity, normal: Severity, off_peak: Severity) -> Mapping[Urgency, Severity]:
    return {Urgency.PEAK: peak, Urgency.NORMAL: normal, Urgency.OFF_PEAK: off_peak}


def _row(p0: float, p1: float, p2: float, p3: float) -> Row:
    return {P0: p0, P1: p1, P2: p2, P3: p3}


def default_floor() -> dict[Tier, FloorRow]:
    """A core flow that is down at the busiest hour is P0, whatever has been counted so far."""
    return {
        Tier.CORE: FloorRow(_hours(P0, P1, P2), _hours(P1, P2, P3)),
        Tier.SUPPORTING: FloorRow(_hours(P2, P3, P3), _hours(P3, P4, P4)),
        Tier.PERIPHERAL: FloorRow(_hours(P3, P4, P4), _hours(P4, P4, P4)),
    }


@dataclass(frozen=True, slots=True)
class SeverityPolicy:
    """See `docs/severity.md`, which explains each number in the order of the tables of rules.toml."""

    matrix: Mapping[str, Row] = field(
        default_factory=lambda: {name: one.row for name, one in INDICATORS.items()}
    )
    gates: Row = field(default_factory=lambda: _row(1_000, 100, 20, 1))
    """Affected users below which no share alone makes the level."""
    floor: Mapping[Tier, FloorRow] = field(default_factory=default_floor)
    down_from: float = 0.8
    degraded_from: float = 0.1
    """Impact from which a flow counts as down, or as degraded."""
    groups_needed: int = 3
    """So many independent groups at one level raise it by one; 0 turns the rule off."""
    groups_at: tuple[Severity, ...] = (P1, P2)
    recovery: Mapping[Recovery, float] = field(
        default_factory=lambda: {Recovery.NONE: 600.0, Recovery.FAILED: 600.0, Recovery.UNPROVEN: 1800.0}
    )
    """After so long without a recovery that is known to work, the level is raised by one."""
    weak_cap: Severity = P2
    """A level that rests on a low-confidence estimate alone is held here ..."""
    weak_agree: float = 180.0
    """... until a second independent signal, or until it was held for so long."""
    unknown_core: Severity = P2
    unknown_payment: Severity = P1
    """What is assumed of a flow whose losses nobody can count."""
    facts: Mapping[str, Severity] = field(default_factory=lambda: {"data_breach": P0})
    """Facts that people enter, with the level that each has by itself."""
    duty: Severity = P1
    """The least level while a compliance duty is triggered."""
    duty_open: Severity = P2
    """The response does not fall below this while a duty is open."""
    verify: Mapping[Severity, float] = field(
        default_factory=lambda: {P0: 900.0, P1: 900.0, P2: 600.0, P3: 600.0, P4: 600.0}
    )
    """How long it must be well, on real traffic, before the response falls by one level."""
    real_traffic: float = 0.9
    """The share of the expected traffic that must have come back."""
    promote_overdue: bool = True
    """A resolve target that passes while it still hurts raises the level, once a level."""
    second_person: tuple[Severity, ...] = (P0, P1)
    """Levels that one person alone does not lower below what is computed."""
    currency: str = ""
    """The currency that the thresholds are meant in; empty: that of whatever amount comes."""
    rates: Mapping[str, Decimal] = field(default_factory=dict)
    """What one unit of another currency is worth in it."""
