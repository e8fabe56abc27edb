"""Up at once, down only by the rules: the levels of one incident, minute by minute."""

from __future__ import annotations

import pytest

from tests.core.builders import EMAIL, policy
from tests.core.severity.numbers import MINUTE, P0, P1, P2, P3, P4, Case, about, flow, numbers, reread, well
from watchtower.core.incident.history import project
from watchtower.core.plan import Plan
from watchtower.core.plan.paging import Responder
from watchtower.model import Tier


def outage(minutes: float, urgency: str = "off_peak", **more: object) -> object:
    hurt = flow(urgency=urgency, flow_minutes=minutes, raw_minutes=minutes)
    return numbers(hurt, at=minutes * MINUTE, flow_minutes=minutes, **more)


def test_silent_zero_climbs_by_time_and_comes_down_by_verified_windows() -> None:
    """P2 at once, P1 after 30 full minutes, P0 after 120; back at 723, one level down 15 minutes later."""
    case = Case()
    seen = {}
    for minute in range(1, 123):
        case.sees(outage(minute))
        seen.setdefault(case.incident.severity, minute)
    assert seen == {P2: 1, P1: 30, P0: 120}
    case.mitigated()
    for minute in range(723, 760):
        before = case.incident.severity
        case.sees(well(723 * MINUTE, minute * MINUTE, flow_minutes=722.0))
        if case.incident.severity is not before:
            seen[f"down to {case.incident.severity}"] = minute  # type: ignore[index]
    assert seen["down to P1"] == 723 + 14  # type: ignore[index]
    assert seen["down to P2"] == 723 + 29  # type: ignore[index]
    assert case.incident.record is P0
    assert "Nobody had taken command" in case.levels.changes[-2].sentence.en
    assert case.reasons[0] == "opened"


@pytest.mark.parametrize(("start", "window"), [(P0, 15), (P1, 15)])
def test_one_level_a_window(start: object, window: int) -> None:
    case = Case()
    case.fixed = start  # type: ignore[assignment]
    case.sees(well(None, 0.0))
    case.fixed = None
    case.mitigated()
    case.sees(well(61.0, window * MINUTE - 1))
    assert case.incident.severity is start
    case.sees(well(60.0, window * MINUTE))
    assert case.incident.severity.rank == start.rank + 1  # type: ignore[attr-defined]
    assert case.incident.record is start


def test_p4_is_as_low_as_it_gets() -> None:
    case = Case()
    case.sees(numbers(flow(impact=0.0, tier=Tier.SUPPORTING), at=0.0))
    assert case.incident.severity is P4
    assert case.sees(well(0.0, 9000.0)) == "unchanged"


def test_the_response_never_falls_because_the_hour_is_quieter() -> None:
    case = Case()
    case.sees(outage(1, "peak"))
    case.sees(outage(2, "normal"))
    assert case.incident.severity is P0
    assert case.levels.computed is P1
    assert case.words == ["severity.opened", "severity.computed"]


def test_cumulative_numbers_do_not_raise_again_what_was_lowered() -> None:
    case = Case()
    case.sees(outage(120))
    case.mitigated()
    for minute in range(121, 160):
        case.sees(well(121 * MINUTE, minute * MINUTE, flow_minutes=120.0))
    assert [c.level for c in case.levels.changes] == [P0, P1, P2]


def lowered_to_p2() -> Case:
    """Two hours of outage, and forty minutes of calm."""
    case = Case()
    case.sees(outage(120))
    case.mitigated()
    for minute in range(121, 160):
        case.sees(well(121 * MINUTE, minute * MINUTE, flow_minutes=120.0))
    assert (case.incident.severity, case.incident.record) == (P2, P0)
    return case


def test_a_relapse_goes_back_to_what_suffers_now() -> None:
    case = lowered_to_p2()
    case.sees(well(None, 160 * MINUTE, flow_minutes=120.0))
    assert case.incident.severity is P2, "one bad minute while nothing fires is no relapse"
    case.mitigated(False)
    assert case.sees(numbers(flow(), at=161 * MINUTE, flow_minutes=121.0)) == "raised"
    assert (case.incident.severity, case.incident.record) == (P1, P0), "not P0 by the minutes of before"
    assert case.words[-1] == "severity.recurred"
    assert case.levels.changes[-1].sentence.en == (
        "Back to P1: it is bad again. P1 because checkout, a core flow, is down at normal hours (at least P1)."
    )


def test_a_residue_after_an_outage_raises_nothing_but_more_of_it_does() -> None:
    case = lowered_to_p2()
    case.mitigated(False)
    for minute in range(161, 170):
        assert case.sees(numbers(flow(impact=0.12), at=minute * MINUTE, flow_minutes=121.0)) == "unchanged"
    assert case.sees(numbers(flow(), at=170 * MINUTE, flow_minutes=122.0)) == "raised"
    assert case.incident.severity is P1


def test_what_has_added_up_since_a_relapse_raises_once_it_is_worse_than_before() -> None:
    case = Case()
    case.sees(outage(40))
    case.mitigated()
    case.sees(well(41 * MINUTE, 60 * MINUTE, flow_minutes=40.0))
    assert case.incident.severity is P2
    case.mitigated(False)
    hurt = flow(urgency="off_peak", flow_minutes=100.0)
    assert case.sees(numbers(hurt, at=61 * MINUTE, flow_minutes=100.0), reopened=True) == "reopened"
    assert case.incident.severity is P2, "P1 by its minutes, as it was before"
    hurt = flow(urgency="off_peak", flow_minutes=120.0)
    assert case.sees(numbers(hurt, at=81 * MINUTE, flow_minutes=120.0)) == "raised"
    assert case.incident.severity is P0


def test_the_first_page_on_a_core_flow_is_not_mild() -> None:
    for payment, level in ((False, P2), (True, P1)):
        case = Case()
        case.sees(numbers(flow(impact=0.02, payment=payment)))
        assert case.incident.severity is level
        case.sees(numbers(flow(impact=0.02, payment=payment), at=60.0))
        assert (case.incident.severity, case.levels.computed) == (level, P4), (
            "the beginning's floor, not the matrix'"
        )
    case = Case()
    case.sees(numbers(flow(impact=0.02, payment=True, tier=Tier.PERIPHERAL)))
    assert case.incident.severity is P4


def test_a_reopened_incident_is_at_the_level_of_what_suffers_now() -> None:
    case = Case()
    case.sees(outage(120))
    case.mitigated()
    case.sees(well(121 * MINUTE, 137 * MINUTE, flow_minutes=120.0))
    case.mitigated(False)
    assert case.sees(numbers(flow(impact=0.3), at=170 * MINUTE), reopened=True) == "reopened"
    assert (case.incident.severity, case.incident.record) == (P2, P0)
    assert case.levels.changes[-1].sentence.en == (
        "Back to P2: it is bad again. P2 because checkout, a core flow, is degraded by 30% at normal hours (at least P2)."
    )


def test_nothing_is_lowered_while_data_are_missing_nor_counted_towards_a_window() -> None:
    case = Case()
    case.sees(outage(30))
    case.mitigated()
    for minute in range(31, 60):
        case.sees(well(31 * MINUTE, minute * MINUTE, seen=False, flow_minutes=200.0))
    assert case.incident.severity is P1, "frozen both ways"
    assert case.sees(numbers(flow(), at=61 * MINUTE, flow_minutes=200.0)) == "raised"


def test_what_people_find_counts_also_while_data_are_missing() -> None:
    case = Case()
    case.sees(outage(1))
    case.sees(numbers(flow(), at=120.0, seen=False, manual={"data_breach": True}))
    assert case.incident.severity is P0
    assert "there are no data on the flows" in case.levels.changes[-1].sentence.en


def test_a_degrade_plan_that_hides_the_fault_keeps_the_level() -> None:
    case = Case()
    case.sees(outage(30))
    case.mitigated()
    case.sees(well(31 * MINUTE, 60 * MINUTE), hidden=True)
    assert case.incident.severity is P1
    case.sees(well(31 * MINUTE, 61 * MINUTE))
    assert case.incident.severity is P2


def test_not_below_p2_while_a_duty_is_open() -> None:
    case = Case()
    case.sees(outage(1))
    case.mitigated()
    for minute in range(1, 120):
        case.sees(well(1.0, minute * MINUTE, duties=("pboc.report",)))
    assert case.incident.severity is P2


def test_a_breach_is_not_over_because_traffic_is_well() -> None:
    case = Case()
    case.sees(outage(1))
    for minute in range(1, 60):
        case.sees(well(1.0, minute * MINUTE, manual={"data_breach": True}))
    assert case.incident.severity is P0


def test_a_breach_that_is_found_after_lowering_raises_again() -> None:
    case = Case()
    case.sees(outage(120))
    case.mitigated()
    case.sees(well(121 * MINUTE, 137 * MINUTE, flow_minutes=120.0))
    case.sees(well(121 * MINUTE, 138 * MINUTE, flow_minutes=120.0, manual={"data_breach": True}))
    assert [c.level for c in case.levels.changes] == [P0, P1, P0]


def test_where_a_commander_was_named_they_confirm_a_lowering_from_p0_and_p1() -> None:
    case = Case()
    case.sees(outage(30))
    case.names("commander", "chen")
    case.mitigated()
    for minute in range(31, 60):
        case.sees(well(31 * MINUTE, minute * MINUTE))
    assert case.incident.severity is P1
    assert case.words.count("severity.proposed") == 1
    assert case.does("confirm", "li") == "that is for the commander, chen, to say"
    assert case.does("confirm", "chen") == ""
    assert case.incident.severity is P2
    assert "confirmed by chen" in case.levels.changes[-1].sentence.en


def test_the_page_that_asks_the_commander_says_what_to_type() -> None:
    chen = Responder(name="chen", role="oncall", addresses={EMAIL: "chen@example.com"})
    case = Case(Plan(responders={"chen": chen}, paging={P1: policy(EMAIL)}))
    case.sees(outage(30))
    case.names("commander", "chen")
    case.mitigated()
    case.sees(well(31 * MINUTE, 50 * MINUTE))
    [asked] = case.state.pages.values()
    assert asked.message.command == "watchtower do INC-1 confirm"


def test_a_proposal_is_withdrawn_when_it_is_bad_again() -> None:
    case = Case()
    case.sees(outage(30))
    case.names("commander", "chen")
    case.mitigated()
    case.sees(well(31 * MINUTE, 50 * MINUTE))
    case.sees(well(None, 51 * MINUTE))
    assert case.levels.proposed is None
    assert case.does("confirm", "chen").startswith("nothing about INC-1 waits")


def test_a_resolve_target_that_passes_raises_once_a_level() -> None:
    case = Case()
    case.sees(outage(1))
    assert case.sees(outage(2), overdue=True) == "raised"
    assert (case.incident.severity, case.levels.promoted) == (P1, (P2,))
    assert case.sees(outage(3)) == "unchanged"
    assert case.sees(outage(4), overdue=True) == "raised"
    assert case.sees(outage(5), overdue=True) == "unchanged"
    assert case.incident.severity is P0


def test_an_overdue_incident_that_hurts_nobody_any_more_is_not_raised() -> None:
    case = Case()
    case.sees(outage(1))
    assert case.sees(well(60.0, 120.0), overdue=True) == "unchanged"


def test_a_weak_estimate_rises_once_it_was_held_for_three_minutes() -> None:
    case = Case()
    levels = []
    for minute in range(1, 8):
        young = flow(urgency="peak", confident=False, flow_minutes=float(minute))
        case.sees(numbers(young, at=minute * MINUTE, affected_users=about(30.0)))
        levels.append(str(case.incident.severity))
    assert levels == ["P2", "P2", "P2", "P0", "P0", "P0", "P0"]


def test_an_estimate_that_was_corrected_lets_the_level_fall_to_what_is_right() -> None:
    case = Case()
    case.sees(numbers(flow(impact=0.05), affected_users=about(150_000)))
    assert case.incident.severity is P0
    given = {"indicator": "affected_users", "value": "900", "reason": "counted twice", "evidence": "SQL 4711"}
    assert case.does("correct", **given) == ""
    assert case.sees(numbers(flow(impact=0.05), at=60.0, affected_users=about(900))) == "lowered"
    assert case.incident.severity is P3
    last = case.levels.changes[-1]
    assert (last.by, "counted twice" in last.sentence.en) == ("li", True)


def test_a_correction_that_changes_nothing_says_so() -> None:
    case = Case()
    case.sees(numbers(flow(), affected_users=about(150_000)))
    case.does("correct", indicator="affected_users", value="140000", reason="better", evidence="SQL")
    assert case.sees(numbers(flow(), at=60.0, affected_users=about(140_000))) == "unchanged"
    assert case.words[-1] == "severity.kept"


def test_the_story_read_back_from_the_store_is_the_same() -> None:
    case = Case()
    case.sees(outage(120))
    case.does("raise", severity="P0", reason="x") and None
    case.mitigated()
    case.sees(well(121 * MINUTE, 137 * MINUTE, flow_minutes=120.0))
    assert project(reread(case.entries)).severity == project(case.entries).severity == case.levels
