"""Compliance packs: one TOML file each, built-in or a site's own."""

from __future__ import annotations

from typing import Any

from watchtower.config.lines import Loc
from watchtower.config.plain_words import validate
from watchtower.config.problems import Entry, did_you_mean
from watchtower.core.deadlines.evidence import INDICATORS, LEVELS, MONEY, rank
from watchtower.core.plan.calendar import Count
from watchtower.core.plan.packs import ClockFrom, Combine, DutyRule, Pack, Test
from watchtower.model import Severity


def read_pack(entry: Entry) -> Pack | None:
    """The pack of this file; None where it is wrong, with everything wrong reported."""
    pack = validate(Pack, entry)
    if pack is None:
        return None
    before = len(entry.report.problems)
    duties: list[DutyRule] = []
    for index, duty in enumerate(pack.duty):
        path: Loc = ("duty", index)
        if duty.id in {one.id for one in pack.duty[:index]}:
            entry.wrong(
                (*path, "id"),
                f'there is another duty "{duty.id}" in this pack',
                "give one of them another id",
            )
        made: dict[str, Any] = {
            key: tuple(_test(one, entry, (*path, key, n)) for n, one in enumerate(getattr(duty, key)))
            for key in ("gate", "tests")
        }
        _combined(duty, entry, path)
        _steps(duty, entry, path)
        made["grades"] = tuple(
            one.model_copy(
                update={
                    "tests": tuple(
                        _test(test, entry, (*path, "grades", n, "tests", m))
                        for m, test in enumerate(one.tests)
                    )
                }
            )
            for n, one in enumerate(duty.grades)
        )
        _graded(duty, entry, path)
        by = {
            "id": f"{pack.id}.{duty.id}",
            "valid_from": duty.valid_from or pack.valid_from,
            "valid_until": duty.valid_until or pack.valid_until,
            "authority": pack.authority,
            "version": f"{pack.id}@{pack.version}",
        }
        duties.append(duty.model_copy(update={**made, **by}))
    return None if len(entry.report.problems) > before else pack.model_copy(update={"duty": tuple(duties)})


def _test(table: Test, entry: Entry, path: Loc) -> Test:
    """The test with its limit, if it is right."""
    name = table.indicator
    if name not in INDICATORS and not (name.startswith("manual.") and len(name) > len("manual.")):
        entry.wrong(
            (*path, "indicator"), f'there is no indicator "{name}"',
            did_you_mean(name, INDICATORS, "indicators", 20) + ", or manual.NAME",
        )  # fmt: skip
        return table
    if (table.over is None) == (table.at_least is None):
        entry.wrong(path, f'the test of "{name}" has no threshold, or two', "write over or at_least")
        return table
    key = "over" if table.strict else "at_least"
    value = table.over if table.strict else table.at_least
    if name in LEVELS:
        if value not in Severity.__members__:
            entry.wrong((*path, key), f'"{value}" is no severity', 'write "P0" to "P4"')
            return table
        limit = rank(Severity(str(value)))
    elif isinstance(value, float):
        limit = value
    else:
        entry.wrong((*path, key), f'must be a number, not "{value}"', "write it without quotes")
        return table
    if table.currency and name not in MONEY:
        entry.wrong(
            (*path, "currency"), f"{name} is no amount of money", f"amounts: {', '.join(sorted(MONEY))}"
        )
        return table
    return table.model_copy(update={"limit": limit})


def _combined(duty: DutyRule, entry: Entry, path: Loc) -> None:
    criteria = {one.criterion for one in duty.tests}
    if duty.gate and duty.combine is not Combine.GATE_AND_K:
        entry.wrong((*path, "gate"), f"{duty.combine} has no gate", 'write combine = "gate_and_k"')
    if duty.combine is Combine.GATE_AND_K and duty.k > len(criteria):
        what = f"the duty needs {duty.k} criteria, and its tests make {len(criteria)}"
        entry.wrong((*path, "k"), what, "tests of one group are one criterion")
    if (
        duty.combine is Combine.K_HIGH_OR_K_LOW
        and duty.low > len(criteria)
        and not any(one.high for one in duty.tests)
    ):
        entry.wrong(
            (*path, "low"),
            f"the duty needs {duty.low} criteria, and its tests make {len(criteria)}, none of them high",
            "write a smaller low, or high = true in a test",
        )


def _graded(duty: DutyRule, entry: Entry, path: Loc) -> None:
    grades = [one.id for one in duty.grades]
    for index, grade in enumerate(duty.grades):
        place = (*path, "grades", index)
        if grade.id in grades[:index]:
            entry.wrong(
                (*place, "id"),
                f'there is another grade "{grade.id}" in this duty',
                "give one of them another id",
            )
        if grade.combine not in (Combine.ANY, Combine.ALL, Combine.ANY_OF_ALL):
            entry.wrong(
                (*place, "combine"), f"a grade cannot be {grade.combine}", "write any, all or any_of_all"
            )
    for index, one in enumerate(duty.steps):
        if one.from_grade and one.from_grade not in grades:
            known = did_you_mean(one.from_grade, grades, "grades of this duty")
            entry.wrong((*path, "steps", index, "from_grade"), f'there is no grade "{one.from_grade}"', known)
        if one.again and not grades:
            entry.wrong(
                (*path, "steps", index, "again"),
                "the duty has no grades that could rise",
                "write grades, or leave it out",
            )


def _steps(duty: DutyRule, entry: Entry, path: Loc) -> None:
    for index, one in enumerate(duty.steps):
        if one.id in {other.id for other in duty.steps[:index]}:
            entry.wrong(
                (*path, "steps", index, "id"),
                f'there is another step "{one.id}" in this duty',
                "give one of them another id",
            )
        if index == 0 and one.from_ is ClockFrom.PREVIOUS:
            hint = "write onset, detection, classification or recovery"
            entry.wrong((*path, "steps", index, "from"), "the first step has no step before it", hint)
        if one.every and one.from_ is ClockFrom.RECOVERY:
            entry.wrong(
                (*path, "steps", index, "every"),
                "repeats until recovery, and begins with it",
                "take one of them out",
            )
        if one.latest is not None and one.latest.count is Count.TIME and one.latest.amount < one.due.least:
            if one.latest_from is one.from_:
                entry.wrong(
                    (*path, "steps", index, "latest"),
                    "is earlier than due, so due never counts",
                    "take due's time, or a later one",
                )
