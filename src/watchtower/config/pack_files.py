"""Compliance packs: one TOML file each, built-in or a site's own."""

from __future__ import annotations

from typing import Annotated

from watchtower.config.plain_words import validate
from watchtower.config.problems import Entry, did_you_mean
from watchtower.core.deadlines.evidence import INDICATORS, LEVELS, MONEY, rank
from watchtower.core.plan.calendar import SPAN_PATTERN, Count, Span, parse_span
from watchtower.core.plan.packs import (
    ClockFrom,
    Combine,
    DutyRule,
    Filing,
    Pack,
    Repeat,
    StepKind,
    Test,
)
from watchtower.fields import BeforeValidator, Duration, Field, Settings, WithJsonSchema, Words
from watchtower.model import Severity
from watchtower.names import Name


def _span(value: object) -> Span:
    if isinstance(value, Span):
        return value
    if not isinstance(value, str):
        raise ValueError('a span is a text such as "5m", "1d", "4 work hours", "5 work days" or "1 month"')
    return parse_span(value)


SpanField = Annotated[
    Span,
    BeforeValidator(_span),
    WithJsonSchema({"type": "string", "pattern": SPAN_PATTERN, "examples": ["5m", "1d", "5 work days", "1 month"]}),
]  # fmt: skip
"""Time that people have."""


class TestTable(Settings):
    """One threshold."""

    __test__ = False
    indicator: str = Field(description="Which number: see docs/compliance.md, or manual.NAME.")
    over: float | str | None = Field(default=None, description="Met above this; a severity is a text: P1.")
    at_least: float | str | None = Field(
        default=None, description="Met from this on; a severity is a text: P1."
    )
    group: str = Field(default="", description="Tests of one group are one criterion.")
    currency: str = Field(
        default="", pattern=r"^([A-Z]{3})?$", description="Of an amount: EUR. Empty: the product's own."
    )
    alone: bool = Field(default=False, description="This test is enough where k criteria are asked for.")
    high: bool = Field(default=False, description="Of the higher kind, for k_high_or_k_low.")


class StepTable(Settings):
    """One thing to file."""

    id: Name = Field(description="The step's name, unique in its duty.")
    kind: StepKind = Field(description="notify (holds the severity until it is filed) or report (does not).")
    title: Words = Field(description="What is to be done, as an order: send the initial notification.")
    due: SpanField = Field(description="How long there is.")
    from_: ClockFrom = Field(
        default=ClockFrom.CLASSIFICATION,
        alias="from",
        description="From when: onset, detection, classification, or previous (when the step before was filed).",
    )
    latest: SpanField | None = Field(default=None, description="A second bound; whichever is earlier holds.")
    latest_from: ClockFrom = Field(
        default=ClockFrom.DETECTION, description="From when the second bound counts."
    )


class RepeatTable(Settings):
    """Incidents of one cause, evaluated as one."""

    times: int = Field(ge=2, description="How many of them.")
    within: Duration = Field(gt=0, description="In how long.")


class DutyTable(Settings):
    """One duty: when it applies, what is filed, who is responsible."""

    id: Name = Field(description="The duty's name, unique in its pack.")
    title: Words = Field(description="What it is called.")
    combine: Combine = Field(default=Combine.ANY, description="any, all, gate_and_k, or k_high_or_k_low.")
    tests: tuple[TestTable, ...] = Field(min_length=1, description="Thresholds.")
    gate: tuple[TestTable, ...] = Field(default=(), description="All of these must hold, for gate_and_k.")
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
    repeat: RepeatTable | None = Field(default=None, description="Incidents of one cause, evaluated as one.")
    steps: tuple[StepTable, ...] = Field(default=(), description="What is filed, in order.")


class PackFile(Settings):
    """One authority's rules."""

    id: Name = Field(description="The pack's name.")
    version: str = Field(min_length=1, description="Written into every judgement.")
    title: Words = Field(description="What it is called.")
    authority: str = Field(min_length=1, description="Who is notified.")
    applies_to: tuple[str, ...] = Field(default=(), description="Licences it is for; empty: all.")
    source: tuple[str, ...] = Field(default=(), description="Where its figures stand.")
    reviewed_by_legal: bool = Field(default=False, description="Whether your legal department has read it.")
    note: str = Field(default="", description="What the figures leave open.")
    duty: tuple[DutyTable, ...] = Field(min_length=1, description="Its duties.")


def read_pack(entry: Entry) -> Pack | None:
    """The pack of this file; None where it is wrong, with everything wrong reported."""
    table = validate(PackFile, entry)
    if table is None:
        return None
    before = len(entry.report.problems)
    duties: list[DutyRule] = []
    for index, duty in enumerate(table.duty):
        path: tuple[str | int, ...] = ("duty", index)
        if duty.id in {one.id for one in table.duty[:index]}:
            entry.wrong((*path, "id"), f'there is another duty "{duty.id}" in this pack')
        gate = [_test(t, entry, (*path, "gate", n)) for n, t in enumerate(duty.gate)]
        tests = [_test(t, entry, (*path, "tests", n)) for n, t in enumerate(duty.tests)]
        _combined(duty, entry, path)
        _steps(duty, entry, path)
        duties.append(
            DutyRule(
                f"{table.id}.{duty.id}",
                duty.title,
                tuple(t for t in tests if t),
                tuple(t for t in gate if t),
                duty.combine,
                duty.k,
                duty.high,
                duty.low,
                duty.watch_at,
                tuple(
                    Filing(s.id, s.kind, s.title, s.due, s.from_, s.latest, s.latest_from) for s in duty.steps
                ),
                duty.owner_role,
                table.authority,
                duty.template,
                f"{table.id}@{table.version}",
                Repeat(duty.repeat.times, duty.repeat.within / 86400.0) if duty.repeat else None,
            )
        )
    if len(entry.report.problems) > before:
        return None
    return Pack(
        table.id, table.version, table.title, table.authority, tuple(duties), table.applies_to, table.source,
        table.reviewed_by_legal, table.note,
    )  # fmt: skip


def _test(table: TestTable, entry: Entry, path: tuple[str | int, ...]) -> Test | None:
    name = table.indicator
    if name not in INDICATORS and not (name.startswith("manual.") and len(name) > len("manual.")):
        entry.wrong(
            (*path, "indicator"), f'there is no indicator "{name}"',
            did_you_mean(name, INDICATORS, "indicators", 20) + ", or manual.NAME",
        )  # fmt: skip
        return None
    if (table.over is None) == (table.at_least is None):
        entry.wrong(path, f'the test of "{name}" has no threshold, or two', "write over or at_least")
        return None
    key = "over" if table.over is not None else "at_least"
    value = table.over if table.over is not None else table.at_least
    if name in LEVELS:
        if value not in Severity.__members__:
            entry.wrong((*path, key), f'"{value}" is no level', 'write "P0" to "P4"')
            return None
        limit = rank(Severity(str(value)))
    elif isinstance(value, float):
        limit = value
    else:
        entry.wrong((*path, key), f'"{value}" is no number')
        return None
    if table.currency and name not in MONEY:
        entry.wrong(
            (*path, "currency"), f"{name} is no amount of money", f"amounts: {', '.join(sorted(MONEY))}"
        )
        return None
    return Test(name, limit, key == "over", table.group, table.currency, table.alone, table.high)


def _combined(duty: DutyTable, entry: Entry, path: tuple[str | int, ...]) -> None:
    criteria = {one.group or one.indicator for one in duty.tests}
    if duty.gate and duty.combine is not Combine.GATE_AND_K:
        entry.wrong((*path, "gate"), f"{duty.combine} has no gate", 'write combine = "gate_and_k"')
    if duty.combine is Combine.GATE_AND_K and duty.k > len(criteria):
        what = f"asks for {duty.k} criteria and has {len(criteria)}"
        entry.wrong((*path, "k"), what, "tests of one group are one criterion")
    if (
        duty.combine is Combine.K_HIGH_OR_K_LOW
        and duty.low > len(criteria)
        and not any(one.high for one in duty.tests)
    ):
        entry.wrong(
            (*path, "low"), f"asks for {duty.low} criteria and has {len(criteria)}, none of them high"
        )


def _steps(duty: DutyTable, entry: Entry, path: tuple[str | int, ...]) -> None:
    for index, one in enumerate(duty.steps):
        if one.id in {other.id for other in duty.steps[:index]}:
            entry.wrong((*path, "steps", index, "id"), f'there is another step "{one.id}" in this duty')
        if index == 0 and one.from_ is ClockFrom.PREVIOUS:
            hint = "write onset, detection or classification"
            entry.wrong((*path, "steps", index, "from"), "there is no step before the first", hint)
        if one.latest is not None and one.latest.count is Count.TIME and one.latest.amount < one.due.least:
            if one.latest_from is one.from_:
                entry.wrong((*path, "steps", index, "latest"), "is earlier than due: due never holds")
