"""Compliance packs: which incidents an authority must be notified of, and by when. Data; watchtower only
computes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from watchtower.core.plan.calendar import Span
from watchtower.fields import Field, Table
from watchtower.model import Text
from watchtower.money import Rate


class Combine(StrEnum):
    """How a duty's criteria make it a duty."""

    ANY = "any"
    ALL = "all"
    GATE_AND_K = "gate_and_k"
    """Every test of the gate, and `k` criteria."""
    K_HIGH_OR_K_LOW = "k_high_or_k_low"
    """`high` criteria of the upper kind, or `low` of either."""


class ClockFrom(StrEnum):
    """When a deadline starts."""

    ONSET = "onset"
    DETECTION = "detection"
    CLASSIFICATION = "classification"
    """When the duty was seen to apply."""
    PREVIOUS = "previous"
    """When the step before it was filed, or is due at the latest."""


class StepKind(StrEnum):
    """What is to be done. An unfiled `NOTIFY` keeps the level up; a later `REPORT` does not."""

    NOTIFY = "notify"
    REPORT = "report"


@dataclass(frozen=True, slots=True)
class Test:
    """One threshold: `indicator` over (`strict`) or at least `limit`; money in `currency`. Tests of one `group` are
    one criterion. `alone`: this one is enough where several are asked for. `upper`: of the higher kind."""

    indicator: str
    limit: float
    strict: bool = True
    group: str = ""
    currency: str = ""
    alone: bool = False
    upper: bool = False

    @property
    def criterion(self) -> str:
        return self.group or self.indicator


@dataclass(frozen=True, slots=True)
class Filing:
    """One step: what must reach whom by when. `latest` is a second bound, from `latest_from`; it holds as long as it
    is not past when the duty is found to apply."""

    id: str
    kind: StepKind
    title: Text
    due: Span
    clock_from: ClockFrom = ClockFrom.CLASSIFICATION
    latest: Span | None = None
    latest_from: ClockFrom = ClockFrom.DETECTION


@dataclass(frozen=True, slots=True)
class Repeat:
    """`times` incidents of one cause within `days` are evaluated as one."""

    times: int
    days: float


@dataclass(frozen=True, slots=True)
class DutyRule:
    """One duty of a pack. `id` is `pack.duty`."""

    id: str
    title: Text
    tests: tuple[Test, ...]
    gate: tuple[Test, ...] = ()
    combine: Combine = Combine.ANY
    k: int = 2
    high: int = 1
    low: int = 3
    watch_at: float = 0.75
    filings: tuple[Filing, ...] = ()
    owner_role: str = "legal"
    authority: str = ""
    template: str = ""
    version: str = ""
    repeat: Repeat | None = None


@dataclass(frozen=True, slots=True)
class Pack:
    """One authority's rules. `reviewed`: by the legal department of whoever uses it; the shipped ones are not."""

    id: str
    version: str
    title: Text
    authority: str
    duties: tuple[DutyRule, ...]
    applies_to: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    reviewed: bool = False
    note: str = ""


class Compliance(Table):
    """Which authorities must be notified of incidents, and what their packs need to know of the product."""

    in_force: tuple[Pack, ...] = Field(default=(), written=False)
    """The packs themselves."""
    packs: tuple[str, ...] = Field(
        default=(), description="Packs that come along: csrc, dora, internal, mas, pboc."
    )
    pack_files: tuple[str, ...] = Field(
        default=(), description="Packs of your own: paths relative to this file."
    )
    licences: tuple[str, ...] = Field(
        default=(),
        description="What the product is licensed as, in the packs' words: payment-institution-cn.",
    )
    critical_flows: tuple[str, ...] = Field(
        default=(), description="Flows that the authorities call critical. Default: those of tier core."
    )
    currency: str = Field(
        default="", pattern=r"^([A-Z]{3})?$", description="The product's currency, such as CNY."
    )
    rates: Mapping[str, Rate] = Field(
        default={}, description='What one unit of another currency is worth in yours: EUR = "7.85".'
    )
    reviewed: tuple[str, ...] = Field(
        default=(), description="Packs that your legal department has read, so that check-config keeps quiet."
    )  # fmt: skip

    @property
    def duties(self) -> tuple[DutyRule, ...]:
        return tuple(duty for pack in self.in_force for duty in pack.duties)

    def duty(self, id: str) -> DutyRule | None:
        return next((duty for duty in self.duties if duty.id == id), None)
