"""Packs with grades, days of validity, steps that repeat until recovery or begin with it, and clocks found late."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.core.deadlines.desk import Desk, estimate, moment
from tests.core.deadlines.packs import pack_at, under
from watchtower.config.compliance_tables import FOLDER, SHIPPED
from watchtower.core.deadlines.duty_state import DutyStanding, DutyState
from watchtower.core.deadlines.page_texts import by_letter
from watchtower.core.plan.calendar import WorkCalendar
from watchtower.core.plan.packs import Compliance
from watchtower.core.plan.targets import DeadlinePolicy
from watchtower.daily_hours import daily_hours
from watchtower.model import IncidentState, Text

M, H, D = 60.0, 3600.0, 86400.0
START = moment("2026-11-30T10:00+08:00")
HEAD = """id = "t"
version = "1"
title = { en = "t", zh = "t" }
authority = { en = "board", zh = "董事会" }
"""
STEP = """[[duty.steps]]
kind = "report"
title = { en = "report", zh = "报告" }
"""


def policy(tmp_path: Path, duty: str, head: str = "", **facts: object) -> DeadlinePolicy:
    (tmp_path / "t.toml").write_text(f'{HEAD}{head}[[duty]]\nid = "d"\ntitle = "d"\n{duty}', encoding="utf-8")
    pack, problems = pack_at(tmp_path / "t.toml")
    assert pack is not None, problems
    return DeadlinePolicy(
        calendar=WorkCalendar(zone="Asia/Shanghai"),
        compliance=Compliance(in_force=(pack,), currency="CNY", **facts),
    )


def duty(desk: Desk, id: str = "t.d") -> DutyState:
    return desk.history.deadlines.duties[id]


def dues(desk: Desk, id: str = "t.d") -> dict[str, float]:
    """Minutes after the start at which each unfiled step is due."""
    return {one.id: (one.due - START) / M for one in duty(desk, id).unfiled}


def entered(desk: Desk, **values: object) -> None:
    """As people enter them; the flow is bad all the while."""
    desk.measured(1.0, (desk.at - START) / M, manual=values)


def test_every_pack_that_ships_loads_is_unreviewed_and_speaks_chinese() -> None:
    for name in SHIPPED:
        pack, problems = pack_at(FOLDER / f"{name}.toml")
        assert pack is not None, problems
        assert not pack.reviewed_by_legal
        assert not pack.authority.zh.isascii() or pack.authority.zh in ("MAS", "FCA")
        for one in pack.duty:
            for step in one.steps:
                assert not one.addressee(step.id).zh.isascii()


def test_any_of_all_wants_a_whole_group(tmp_path: Path) -> None:
    tests = """combine = "any_of_all"
tests = [
  { indicator = "manual.hours", at_least = 3, group = "wide" },
  { indicator = "provinces", at_least = 2, group = "wide" },
  { indicator = "manual.hours", at_least = 6, group = "long" },
]
"""
    for values, standing in (
        ({"hours": 3}, DutyStanding.WATCH), ({"provinces": 5}, None), ({"hours": 3, "provinces": 2}, DutyStanding.TRIGGERED),
        ({"hours": 6}, DutyStanding.TRIGGERED),
    ):  # fmt: skip
        desk = Desk(START, "P1", policy(tmp_path, tests))
        entered(desk, **values)
        found = desk.history.deadlines.duties.get("t.d")
        assert (found.standing if found and standing else standing) is standing, values
        assert standing is not None or found is None or found.standing is not DutyStanding.TRIGGERED


def test_a_grade_rises_with_its_steps_filed_again_and_never_falls() -> None:
    desk = Desk(START, "P1", under("cac"))
    desk.measured(1.0, 0.0, affected_users=estimate(150_000, START))
    assert (duty(desk, "cac.incident").grade, dues(desk, "cac.incident")) == (
        "relatively-serious",
        {"report": 240.0},
    )
    assert desk.do("filed", duty="cac.incident", reference="A-1") == ""
    assert dues(desk, "cac.incident") == {}
    desk.at += 30 * M
    desk.measured(1.0, 30.0, affected_users=estimate(1_200_000, desk.at))
    found = duty(desk, "cac.incident")
    assert (found.grade, found.since) == ("serious", START)
    assert [(one.id, one.before) for one in found.unfiled] == [("report", 1)]
    desk.at += M
    desk.measured(1.0, 31.0, affected_users=estimate(150_000, desk.at))
    assert duty(desk, "cac.incident").grade == "serious"


def test_what_counts_from_recovery_begins_with_it_and_a_relapse_takes_it_back() -> None:
    desk = Desk(START, "P1", under("cac"))
    desk.measured(1.0, 0.0, affected_users=estimate(150_000, START))
    assert desk.do("filed", duty="cac.incident") == ""
    assert dues(desk, "cac.incident") == {}
    desk.at += H
    desk.mitigated()
    assert dues(desk, "cac.incident") == {"summary": (H + 30 * D) / M}
    desk.change("recurred", state=IncidentState.TRIGGERED, mitigated_at=None)
    assert dues(desk, "cac.incident") == {}
    desk.at += H
    desk.mitigated()
    assert dues(desk, "cac.incident") == {"summary": (2 * H + 30 * D) / M}


def test_a_step_repeats_until_recovery() -> None:
    desk = Desk(START, "P1", under("csrc"))
    entered(desk, data_breach=True)
    assert dues(desk, "csrc.emergency") == {"telephone": 15.0, "progress": 60.0}
    assert desk.do("filed", duty="csrc.emergency", step="telephone") == ""
    desk.at += 50 * M
    assert desk.do("filed", duty="csrc.emergency") == ""
    assert dues(desk, "csrc.emergency") == {"progress": 110.0}
    desk.at += 70 * M
    assert "deadlines.duty_breached" in desk.tick()
    assert desk.do("filed", duty="csrc.emergency") == ""
    desk.mitigated()
    assert set(dues(desk, "csrc.emergency")) == {"summary"}
    assert next(one.before for one in duty(desk, "csrc.emergency").steps if one.id == "progress") == 2


def test_a_duty_found_late_is_not_overdue_when_born_and_both_moments_are_known(tmp_path: Path) -> None:
    late = f'tests = [{{ indicator = "manual.x", at_least = 1 }}]\n{STEP}id = "a"\ndue = "1h"\nfrom = "detection"\n'
    desk = Desk(START, "P1", policy(tmp_path, late))
    desk.at += 200 * M
    entered(desk, x=1)
    [step] = duty(desk).unfiled
    assert ((step.due - START) / M, step.by_letter) == (260.0, START + H)
    assert by_letter(step, desk.at).en == " (by the rule's own clock it was due 2 h 20 min ago)"


def test_a_duty_is_judged_by_the_rules_of_its_day() -> None:
    for day, id in (("2027-03-17", "uk.psd2"), ("2027-03-18", "uk.operational")):
        start = moment(f"{day}T10:00+00:00")
        desk = Desk(start, "P1", under("uk"))
        desk.measured(1.0, 0.0, affected_users=estimate(60_000, start), manual={"uk_threshold": 1})
        assert set(desk.history.deadlines.duties) == {id}


def test_peak_minutes_are_those_of_the_day_and_of_critical_flows() -> None:
    calendar = WorkCalendar(zone="Asia/Shanghai")
    peak = (daily_hours("09:00-11:30"), daily_hours("22:00-02:00"))
    assert calendar.minutes_within(peak, START, START + H) == 60.0
    assert calendar.minutes_within(peak, START, START + 3 * H) == 90.0
    assert calendar.minutes_within(peak, START, START + D) == 90.0 + 240.0 + 60.0
    assert calendar.minutes_within(peak, START, START) == 0.0


@pytest.mark.parametrize(
    ("duty", "said"),
    [
        ('[[duty.grades]]\nid = "a"\ntitle = "a"\n[[duty.grades]]\nid = "a"\ntitle = "a"\n', 'there is another grade "a"'),
        ('[[duty.grades]]\nid = "a"\ntitle = "a"\ncombine = "gate_and_k"\n', "a grade cannot be gate_and_k"),
        (f'{STEP}id = "s"\ndue = "1h"\nfrom_grade = "b"\n', 'there is no grade "b"'),
        (f'{STEP}id = "s"\ndue = "1h"\nagain = true\n', "the duty has no grades"),
        (f'{STEP}id = "s"\ndue = "1h"\nfrom = "recovery"\nevery = "1h"\n', "repeats until recovery"),
        ('valid_from = "soon"\n', 'valid_from: "soon" cannot be read'),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_pack(tmp_path: Path, duty: str, said: str) -> None:
    tests = 'tests = [{ indicator = "manual.x", at_least = 1 }]\n'
    (tmp_path / "t.toml").write_text(
        f'{HEAD}[[duty]]\nid = "d"\ntitle = "d"\n{tests}{duty}', encoding="utf-8"
    )
    pack, problems = pack_at(tmp_path / "t.toml")
    assert pack is None
    assert any(said in one for one in problems), problems


def test_the_addressee_is_the_steps_own(tmp_path: Path) -> None:
    own = f'tests = [{{ indicator = "manual.x", at_least = 1 }}]\n{STEP}id = "a"\ndue = "1h"\nto = {{ en = "police", zh = "公安机关" }}\n{STEP}id = "b"\ndue = "1h"\n'
    [rule] = policy(tmp_path, own).compliance.duties
    assert (rule.addressee("a"), rule.addressee("b")) == (Text("police", "公安机关"), Text("board", "董事会"))
