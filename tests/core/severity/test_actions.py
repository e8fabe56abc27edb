"""What people may do to a level, and what they are told where they may not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.core.severity.numbers import P0, P1, P2, P3, Case, about, flow, numbers, well
from watchtower.core.plan import Plan
from watchtower.core.plan.paging import Responder
from watchtower.core.severity.overrides import standing


def graded(plan: Plan | None = None, **more: object) -> Case:
    """P1: ten thousand users."""
    case = Case(plan or Plan())
    case.sees(numbers(flow(impact=0.05), at=0.0, affected_users=about(10_000), **more))
    assert case.incident.severity is P1
    return case


def test_anybody_raises() -> None:
    case = graded()
    assert case.does("raise", "intern", severity="P0", reason="the minister called") == ""
    assert (case.incident.severity, case.incident.record) == (P0, P0)
    assert (case.levels.override, case.levels.computed) == (P0, P1)
    assert case.levels.changes[-1].sentence.en == "Raised to P0 by intern: the minister called"
    assert case.levels.changes[-1].sentence.zh == "intern 人工上调为 P0：the minister called"


def test_raising_to_what_it_is_or_less_is_no_raise() -> None:
    case = graded()
    assert (
        case.does("raise", severity="P1", reason="x") == "INC-1 is P1 already; lower it with the action lower"
    )
    assert case.does("raise", severity="P3", reason="x") != ""


def test_a_raise_holds_against_what_is_computed() -> None:
    case = graded()
    case.does("raise", severity="P0", reason="x")
    assert case.sees(numbers(flow(impact=0.05), at=10.0, affected_users=about(10_000))) == "unchanged"
    assert case.incident.severity is P0


def test_undoing_a_raise_needs_no_second_person() -> None:
    case = graded()
    case.does("raise", severity="P0", reason="x")
    assert case.does("lower", severity="P1", reason="not so bad") == ""
    assert (case.incident.severity, case.incident.record) == (P1, P0)


def test_below_what_is_computed_a_second_person_confirms() -> None:
    case = graded()
    assert case.does("lower", "li", severity="P3", reason="test users only") == ""
    assert case.incident.severity is P1
    assert case.does("confirm", "Li ") == "Li  asked for it: another person must confirm"
    assert case.does("confirm", "wang") == ""
    assert case.incident.severity is P3
    last = case.levels.changes[-1]
    assert (last.by, last.reason) == ("li", "test users only")
    assert "with wang" in last.sentence.en


def lowered(case: Any, by: str = "li", second: str = "wang", severity: str = "P3") -> str:
    """Two people lower it; "" when it is done."""
    return case.does("lower", by, severity=severity, reason="x") or case.does("confirm", second)


@pytest.mark.parametrize("via", ["api", "board"])
def test_a_name_that_came_with_the_token_for_all_is_neither_of_the_two(via: str) -> None:
    case = graded()
    assert "is only a name here" in case.does("lower", "li", via, severity="P3", reason="x")
    assert case.does("lower", "li", "session", severity="P3", reason="x") == ""
    assert "is only a name here" in case.does("confirm", "wang", via)
    assert case.does("confirm", "wang", "token") == ""
    assert case.incident.severity is P3


def test_a_lowering_holds_until_it_gets_worse_than_it_was() -> None:
    case = graded()
    lowered(case)
    assert case.sees(numbers(flow(impact=0.05), at=10.0, affected_users=about(20_000))) == "unchanged"
    assert case.sees(numbers(flow(impact=0.05), at=20.0, affected_users=about(100_000))) == "raised"
    assert (case.incident.severity, case.levels.override) == (P0, None)


def test_where_a_commander_was_named_only_they_lower() -> None:
    case = graded()
    case.names("commander", "chen")
    assert lowered(case) == "that is for the commander, chen, to say"
    assert lowered(case, "chen") == ""


def test_nobody_lowers_while_data_are_missing() -> None:
    case = graded()
    case.sees(numbers(flow(impact=0.05), at=10.0, affected_users=about(10_000), seen=False))
    assert lowered(case).startswith("data are missing")


def test_nobody_lowers_below_p2_while_a_duty_is_open() -> None:
    case = graded(duties=("dora.initial",))
    assert "dora.initial" in lowered(case)
    assert lowered(case, severity="P2") == ""


def test_what_is_entered_is_read_with_care() -> None:
    case = graded()
    assert case.does("indicator", indicator="affected_users", value="12,000") == ""
    assert case.entries[-1].data == {"name": "affected_users", "value": 12000.0}
    assert case.does("indicator", indicator="loss", value="1,200.50 cny", evidence="ledger") == ""
    assert case.entries[-1].data == {"name": "loss", "value": "1200.50 CNY", "evidence": "ledger"}
    assert case.does("indicator", indicator="data_breach", value="yes") == ""
    assert case.entries[-1].data["value"] is True
    before = len(case.entries)
    for name, value in (
        ("affected_users", "-1"), ("affected_users", "many"), ("affected_users", "nan"), ("affected_users", "1e999"),
        ("loss", "12"), ("loss", "12 yuan"), ("data_breach", "perhaps"), ("mood", "1"),
    ):  # fmt: skip
        assert case.does("indicator", indicator=name, value=value), (name, value)
    assert len(case.entries) == before


def test_of_fixed_severities_a_person_has_the_last_word_until_something_worse_fires() -> None:
    case = Case(matrix=False)
    assert standing(case.levels, P2) is P2
    case.does("raise", severity="P1", reason="x")
    assert (case.incident.severity, standing(case.levels, P3), standing(case.levels, P0)) == (P1, P1, P0)
    assert lowered(case) == ""
    assert case.incident.severity is P3
    assert (standing(case.levels, P1), standing(case.levels, P0)) == (P3, P0)


def test_a_person_who_raised_in_calm_keeps_the_window_running_from_then() -> None:
    case = graded()
    case.mitigated()
    case.sees(well(60.0, 600.0))
    case.at = 700.0
    case.does("raise", severity="P0", reason="x")
    case.sees(well(60.0, 1000.0))
    assert case.incident.severity is P0
    case.sees(well(60.0, 1600.0))
    assert case.incident.severity is P1


def test_where_no_numbers_make_the_level_there_is_no_estimate_to_correct() -> None:
    case = Case(matrix=False)
    told = case.does("correct", indicator="affected_users", value="1", reason="x", evidence="y")
    assert (
        told == "INC-1 has the severity that its rule names, not one that numbers make: use the action lower"
    )


def people(*names: str) -> Plan:
    return Plan(responders={name: Responder(name=name, role="oncall", addresses={}) for name in names})


def test_where_two_must_confirm_nobody_thinks_a_second_one_up() -> None:
    case = graded(people("li", "wang"))
    assert "is no responder" in case.does("lower", "watchtower", severity="P3", reason="x")
    assert case.incident.severity is P1
    assert case.does("lower", "li", severity="P3", reason="x") == ""
    for second in ("watchtower", "nobody", "wang2", "w"):
        assert "is no responder" in case.does("confirm", second)
    assert case.incident.severity is P1
    assert case.does("confirm", "Wang") == ""
    assert case.incident.severity is P3


def test_the_machine_is_no_second_person_where_nobody_is_named() -> None:
    assert "is no responder" in lowered(graded(), second="Watchtower")
