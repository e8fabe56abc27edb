"""Compliance packs: which incidents an authority must be notified of, and by when. Data; watchtower only
computes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum

from watchtower.core.plan.calendar import LimitSpan
from watchtower.daily_hours import Day, QuietHours
from watchtower.fields import Duration, Field, Table, Words
from watchtower.model import Instant, Text
from watchtower.money import Rate
from watchtower.names import Name


class Combine(StrEnum):
    """How a duty's criteria make it a duty."""

    ANY = "any"
    ALL = "all"
    GATE_AND_K = "gate_and_k"
    """Every test of the gate, and `k` criteria."""
    K_HIGH_OR_K_LOW = "k_high_or_k_low"
    """`high` criteria of the upper kind, or `low` of either."""
    ANY_OF_ALL = "any_of_all"
    """Every test of one group: provinces and hours. Any group is enough."""


class ClockFrom(StrEnum):
    """When a deadline starts."""

    ONSET = "onset"
    DETECTION = "detection"
    CLASSIFICATION = "classification"
    """When the duty was seen to apply."""
    PREVIOUS = "previous"
    """When the step before it was filed, or is due at the latest."""
    RECOVERY = "recovery"
    """When it was mitigated. Before that there is nothing to file; a relapse takes back what is unfiled."""


class StepKind(StrEnum):
    """What is to be done. An unfiled `NOTIFY` keeps the level up; a later `REPORT` does not."""

    NOTIFY = "notify"
    REPORT = "report"


class Test(Table):
    """One threshold. Tests of one `group` are one criterion."""

    __test__ = False
    indicator: str = Field(description="Which number: see docs/compliance.md, or manual.NAME.")
    over: float | str | None = Field(default=None, description="Met above this; a severity is a text: P1.")
    at_least: float | str | None = Field(
        default=None, description="Met from this on; a severity is a text: P1."
    )
    limit: float = Field(default=0.0, written=False)
    """`over` or `at_least` as a number: of a severity its rank."""
    group: str = Field(default="", description="Tests of one group are one criterion.")
    currency: str = Field(
        default="", pattern=r"^([A-Z]{3})?$", description="Of an amount: EUR. Empty: the product's own."
    )
    alone: bool = Field(default=False, description="This test is enough where k criteria are asked for.")
    high: bool = Field(default=False, description="Of the higher kind, for k_high_or_k_low.")

    @property
    def strict(self) -> bool:
        return self.over is not None

    @property
    def criterion(self) -> str:
        return self.group or self.indicator


class DutyStep(Table):
    """One thing to file."""

    id: Name = Field(description="The step's name, unique in its duty.")
    kind: StepKind = Field(description="notify (holds the severity until it is filed) or report (does not).")
    title: Words = Field(description="What is to be done, as an order: send the initial notification.")
    due: LimitSpan = Field(description="How long there is.")
    from_: ClockFrom = Field(
        default=ClockFrom.CLASSIFICATION,
        alias="from",
        description="From when: onset, detection, classification, previous (step before filed), or recovery.",
    )
    every: Duration = Field(
        default=0.0, ge=0, description="Filed again so long after it was filed, until recovery."
    )
    from_grade: str = Field(default="", description="Only where the duty has this grade or a higher one.")
    again: bool = Field(default=False, description="Filed again when the grade rises.")
    to: Words | None = Field(default=None, description="To whom; left out, the pack's authority.")
    latest: LimitSpan | None = Field(default=None, description="A second bound; whichever is earlier holds.")
    """It holds as long as it is not past when the duty is found to apply."""
    latest_from: ClockFrom = Field(
        default=ClockFrom.DETECTION, description="From when the second bound counts."
    )


class Repeat(Table):
    """Incidents of one cause, evaluated as one."""

    times: int = Field(ge=2, description="How many of them.")
    within: Duration = Field(gt=0, description="In how long.")


class Grade(Table):
    """One grade of a duty that applies, as the authority names it."""

    id: Name = Field(description="The grade's name, unique in its duty.")
    title: Words = Field(description="What the authority calls it.")
    combine: Combine = Field(default=Combine.ANY, description="any, all or any_of_all.")
    tests: tuple[Test, ...] = Field(default=(), description="Thresholds; none: whenever the duty applies.")
    gate: tuple[Test, ...] = Field(default=(), written=False)


class DutyRule(Table):
    """One duty: when it applies, what is filed, who is responsible."""

    id: Name = Field(description="The duty's name, unique in its pack.")
    """In the plan `pack.duty`."""
    title: Words = Field(description="What it is called.")
    combine: Combine = Field(
        default=Combine.ANY, description="any, all, any_of_all, gate_and_k, or k_high_or_k_low."
    )
    tests: tuple[Test, ...] = Field(min_length=1, description="Thresholds.")
    gate: tuple[Test, ...] = Field(default=(), description="All of these must hold, for gate_and_k.")
    k: int = Field(default=2, ge=1, description="How many criteria, for gate_and_k.")
    high: int = Field(default=1, ge=1, description="How many of the higher kind, for k_high_or_k_low.")
    low: int = Field(default=3, ge=1, description="How many of any kind, for k_high_or_k_low.")
    watch_at: float = Field(
        default=0.75,
        gt=0,
        le=1,
        description="Share of a threshold, and of a step's time, from which to warn.",
    )
    owner_role: Name = Field(default="legal", description="The role that sees to it.")
    template: str = Field(default="", description="What your people call the form.")
    repeat: Repeat | None = Field(default=None, description="Incidents of one cause, evaluated as one.")
    grades: tuple[Grade, ...] = Field(
        default=(), description="Its grades, from the lowest on; the highest holds."
    )
    valid_from: Day | None = Field(
        default=None, description="The first day of the rule; left out, the pack's."
    )
    valid_until: Day | None = Field(
        default=None, description="The last day of the rule; left out, the pack's."
    )
    steps: tuple[DutyStep, ...] = Field(default=(), description="What is filed, in order.")
    authority: Words = Field(default=Text("", ""), written=False)
    version: str = Field(default="", written=False)
    """`pack@version`."""

    def in_force(self, at: Instant) -> bool:
        """Whether an incident of this moment is judged by it. A day begins and ends everywhere at midnight UTC."""
        day = datetime.fromtimestamp(at, UTC).date()
        return (self.valid_from or day) <= day <= (self.valid_until or day)

    def step(self, id: str) -> DutyStep | None:
        return next((one for one in self.steps if one.id == id), None)

    def addressee(self, id: str) -> Text:
        """To whom this step is filed."""
        found = self.step(id)
        return (found.to if found else None) or self.authority

    def reaches(self, step: DutyStep, grade: str) -> bool:
        """Whether the step is filed at this grade."""
        order = ["", *(one.id for one in self.grades)]
        return order.index(grade if grade in order else "") >= order.index(step.from_grade)


class Pack(Table):
    """One authority's rules."""

    id: Name = Field(description="The pack's name.")
    version: str = Field(min_length=1, description="Written into every judgement.")
    title: Words = Field(description="What it is called.")
    authority: Words = Field(description="Who is notified.")
    applies_to: tuple[str, ...] = Field(default=(), description="Licences it is for; empty: all.")
    source: tuple[str, ...] = Field(default=(), description="Where its figures stand.")
    reviewed_by_legal: bool = Field(default=False, description="Whether your legal department has read it.")
    superseded: str = Field(
        default="", description="By what its text is superseded: an error until it is among `reviewed`."
    )
    valid_from: Day | None = Field(default=None, description="The first day of the rules.")
    valid_until: Day | None = Field(default=None, description="The last day of the rules.")
    note: str = Field(default="", description="What the figures leave open.")
    duty: tuple[DutyRule, ...] = Field(min_length=1, description="Its duties.")


class Compliance(Table):
    """Which authorities must be notified of incidents, and what their packs need to know of the product."""

    in_force: tuple[Pack, ...] = Field(default=(), written=False)
    """The packs themselves."""
    packs: tuple[str, ...] = Field(
        default=(),
        description="Packs that come along: cac, csrc, dora, internal, mas, pboc, pboc-cyber, rbi, uk, us.",
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
    peak: tuple[QuietHours, ...] = Field(
        default=(), description='Business peak hours of every day, for `peak_minutes`: ["09:00-22:00"].'
    )
    rates: Mapping[str, Rate] = Field(
        default={}, description='What one unit of another currency is worth in yours: EUR = "7.85".'
    )
    reviewed: tuple[str, ...] = Field(
        default=(), description="Packs that your legal department has read, so that check-config keeps quiet."
    )  # fmt: skip

    @property
    def duties(self) -> tuple[DutyRule, ...]:
        return tuple(duty for pack in self.in_force for duty in pack.duty)

    def duty(self, id: str) -> DutyRule | None:
        return next((duty for duty in self.duties if duty.id == id), None)
