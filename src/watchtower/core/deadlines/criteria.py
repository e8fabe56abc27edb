"""Whether a duty applies: its tests on the numbers, and how they combine. Every answer comes with its evidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from watchtower.core.deadlines.duty_state import DutyStanding
from watchtower.core.deadlines.evidence import Number, Numbers, in_currency
from watchtower.core.plan.packs import Combine, Compliance, DutyRule, Test

_CLEAR, _WATCH, _MET, _UNKNOWN = "clear", "watch", "met", "unknown"


def grade_of(duty: DutyRule, numbers: Numbers, compliance: Compliance) -> str:
    """The highest grade that holds; "" for none."""
    for grade in reversed(duty.grades):
        found = duty.model_copy(update={name: getattr(grade, name) for name in ("combine", "tests", "gate")})
        if not grade.tests or judge(found, numbers, compliance)[0] is DutyStanding.TRIGGERED:
            return grade.id
    return ""


def judge(duty: DutyRule, numbers: Numbers, compliance: Compliance) -> tuple[DutyStanding, dict[str, Any]]:
    """Clear, watch or triggered; the evidence is each test with its number and what came of it."""
    marks: dict[int, str] = {}  # by id: a table's hash is that of all its values
    evidence: list[dict[str, Any]] = []
    for test in (*duty.gate, *duty.tests):
        number = numbers.get(test.indicator)
        if number is not None and test.currency:
            number = in_currency(number, test.currency, compliance)
        marks[id(test)] = _mark(test, number, duty.watch_at)
        evidence.append(_line(test, number, marks[id(test)]))
    if _applies(duty, marks, (_MET,)):
        standing = DutyStanding.TRIGGERED
    elif _applies(duty, marks, (_MET, _WATCH)):
        standing = DutyStanding.WATCH
    else:
        standing = DutyStanding.CLEAR
    return standing, {"tests": evidence}


def _mark(test: Test, number: Number | None, watch_at: float) -> str:
    """`watch`: near the threshold, or the estimate's upper bound is over it."""
    if number is None:
        return _UNKNOWN
    if _over(test, number.point):
        return _MET
    if _over(test, number.high):
        return _WATCH
    near = test.limit > 0 and number.point > 0 and number.point >= watch_at * test.limit
    return _WATCH if near and not test.indicator.endswith("severity") else _CLEAR


def _over(test: Test, value: float) -> bool:
    return value > test.limit if test.strict else value >= test.limit


def _applies(duty: DutyRule, marks: dict[int, str], good: Sequence[str]) -> bool:
    met = {test.criterion for test in duty.tests if marks[id(test)] in good}
    match duty.combine:
        case Combine.ANY:
            return bool(met)
        case Combine.ALL:
            return bool(duty.tests) and met == {test.criterion for test in duty.tests}
        case Combine.GATE_AND_K:
            alone = any(test.alone and marks[id(test)] in good for test in duty.tests)
            return all(marks[id(test)] in good for test in duty.gate) and (alone or len(met) >= duty.k)
        case Combine.ANY_OF_ALL:
            missed = {test.criterion for test in duty.tests if marks[id(test)] not in good}
            return bool(met - missed)
        case Combine.K_HIGH_OR_K_LOW:
            upper = {test.criterion for test in duty.tests if test.high and marks[id(test)] in good}
            return len(upper) >= duty.high or len(met) >= duty.low


def _line(test: Test, number: Number | None, mark: str) -> dict[str, Any]:
    line: dict[str, Any] = {
        "indicator": test.indicator,
        "over" if test.strict else "at_least": test.limit,
        "value": None if number is None else round(number.point, 4),
        "mark": mark,
    }
    if number is not None:
        line["basis"] = number.basis
    if test.currency:
        line["currency"] = test.currency
    return line
