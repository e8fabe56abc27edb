"""Degradation plans through the engine: suggested, approved, carried out, proved or not, taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.core.builders import EMAIL, LI, Story, http_check, plan, queued, rule
from watchtower.core.degrade.runs import QueuedRun, Run, Runs
from watchtower.core.degrade.table import RunState
from watchtower.core.degrade.usage import DAY, Usage
from watchtower.core.degrade.verdict import hides_fault, recovery_of, unfinished
from watchtower.core.events import ActionRequest, Logged, Refused, Switched
from watchtower.core.expressions import compile_expression
from watchtower.core.incident.history import project
from watchtower.core.indicators import Recovery
from watchtower.core.plan.degrade import DegradePlan, Mode, PlanGuard, Trigger, Verify
from watchtower.core.plan.paging import Responder
from watchtower.model import Severity, Text

BANK, PAGE = http_check("bank"), http_check("page")
PO = Responder(name="po", role="product", addresses={EMAIL: "po@example.com"})
WU = Responder(name="wu", role="commander", addresses={EMAIL: "wu@example.com"})
WHEN = "outcome == 'up'"
PROOF = Verify(check="page", when=WHEN, program=compile_expression(WHEN, PAGE.facts), within=120.0)
SWITCH = DegradePlan(
    name="switch", why=Text("Take the backup gateway", "切换备用网关"), trigger=Trigger(signal=("down",)), action="go",
    rollback="back", verify=PROOF,
)  # fmt: skip


def story(made: DegradePlan = SWITCH, people: Sequence[Responder] = (LI, PO), severity: str = "P1") -> Story:
    rules = [rule("down", "outcome == 'down'", BANK, severity=severity)]
    return Story(replace(plan([BANK, PAGE], rules, people), degrade={made.name: made}))


def do(told: Story, action: str, by: str = "po", **data: Any) -> str:
    decisions = told.feed(ActionRequest("INC-1", action, by, "test", data))
    return next((d.detail for d in decisions if isinstance(d, Refused)), "")


def runs(told: Story) -> Runs:
    return told.engine.state.histories["INC-1"].degrade


def run(told: Story) -> Run:
    return runs(told).runs[-1]


def answer(told: Story, ok: bool = True, said: str = "http 200") -> QueuedRun:
    """The shell carries out what is queued first."""
    one = runs(told).queued[0]
    told.feed(Switched("INC-1", one.run, one.phase, one.key, ok, said, one.dry_run))
    return one


def ticks(told: Story, seconds: float) -> None:
    end = told.at + seconds
    while told.at < end:
        told.wait(min(10.0, end - told.at)).tick()


def notes(told: Story) -> list[str]:
    return [p.message.note.en for p in queued(told.decisions) if p.message.note]


def kinds(told: Story) -> list[str]:
    return [
        d.entry.kind.removeprefix("degrade.")
        for d in told.decisions
        if isinstance(d, Logged) and d.entry.kind.startswith("degrade.")
    ]


def proved(told: Story, at: float) -> None:
    told.engine.state.usage = Usage(proved={"switch": at})


def test_it_is_asked_for_approved_carried_out_and_seen_to_help() -> None:
    told = story()
    told.down("bank")
    assert run(told).state is RunState.SUGGESTED
    assert notes(told) == ["Approve switch? Take the backup gateway"]
    commands = {page.message.command for page in queued(told.decisions)} - {""}
    assert commands == {"watchtower do INC-1 approve plan=switch"}
    assert [p.responder for p in queued(told.decisions) if p.message.note] == ["po"]
    assert do(told.wait(30), "approve") == ""
    assert run(told).state is RunState.APPROVED
    carried = answer(told.wait(1))
    assert (carried.phase, carried.key, carried.by) == ("start", "INC-1.switch.1.start", "po")
    assert run(told).state is RunState.RUNNING
    told.wait(10).up("page")
    ticks(told, 10.0)
    assert run(told).state is RunState.VERIFIED
    assert do(told.wait(600), "rollback") == ""
    assert run(told).state is RunState.ROLLING_BACK
    answer(told)
    assert run(told).state is RunState.ROLLED_BACK
    assert kinds(told) == [
        "suggested", "approved", "run_queued", "ran", "verified", "proved", "rollback", "run_queued", "ran",
    ]  # fmt: skip


def test_an_observation_that_began_before_the_switch_proves_nothing() -> None:
    told = story()
    told.up("page")
    told.wait(5).down("bank")
    do(told, "approve")
    answer(told)
    ticks(told, 60.0)
    assert run(told).state is RunState.RUNNING
    told.cannot_tell("page")
    ticks(told, 10.0)
    assert run(told).state is RunState.RUNNING


def test_what_does_not_help_in_time_has_failed_and_its_approver_hears_how_to_take_it_back() -> None:
    told = story()
    told.down("bank")
    do(told, "approve")
    answer(told)
    told.wait(10).down("page")
    ticks(told, 130.0)
    assert run(told).state is RunState.FAILED
    assert notes(told)[-1] == "switch did not help: roll it back?"
    assert queued(told.decisions)[-1].message.command == "watchtower do INC-1 rollback plan=switch"
    assert runs(told).queued == ()
    assert recovery_of(told.engine.state.histories["INC-1"]) is Recovery.FAILED


def test_what_the_far_side_refuses_has_failed() -> None:
    told = story()
    told.down("bank")
    do(told, "approve")
    answer(told, ok=False, said="http 503: busy")
    assert run(told).state is RunState.FAILED
    assert not run(told).in_force
    assert notes(told)[-1] == "switch could not be carried out: http 503: busy"


def test_what_cannot_be_taken_back_wants_a_person_and_may_be_tried_again() -> None:
    told = story()
    told.down("bank")
    do(told, "approve")
    answer(told)
    do(told, "rollback")
    answer(told, ok=False, said="timeout")
    assert run(told).state is RunState.STUCK
    assert notes(told)[-1] == "switch could not be rolled back: timeout. Do it by hand"
    assert do(told, "rollback") == ""
    assert answer(told).key == "INC-1.switch.1.rollback.2"
    assert run(told).state is RunState.ROLLED_BACK


def test_without_a_way_back_whoever_says_so_did_it_by_hand() -> None:
    told = story(SWITCH.model_copy(update={"rollback": None}))
    told.down("bank")
    do(told, "approve")
    answer(told)
    assert do(told, "rollback", by="wang") == ""
    assert run(told).state is RunState.ROLLED_BACK
    assert runs(told).queued == ()


@pytest.mark.parametrize(
    ("proved_ago", "ran", "state"),
    [(None, 0, "suggested"), (89.0, 0, "approved"), (91.0, 0, "suggested"), (1.0, 3, "suggested")],
    ids=["never drilled", "drilled in time", "drilled too long ago", "often enough today"],
)
def test_auto_runs_by_itself_only_if_it_was_seen_to_work_lately(
    proved_ago: float | None, ran: int, state: str
) -> None:
    told = story(SWITCH.model_copy(update={"mode": Mode.AUTO}))
    if proved_ago is not None:
        at = told.at - proved_ago * DAY
        told.engine.state.usage = Usage({"switch": (told.at - 60,) * ran}, {"switch": at})
    told.down("bank")
    assert run(told).state == state
    assert len(notes(told)) == 1


def test_auto_that_does_not_help_is_rolled_back_by_itself() -> None:
    told = story(SWITCH.model_copy(update={"mode": Mode.AUTO}))
    proved(told, told.at)
    told.down("bank")
    answer(told)
    ticks(told, 130.0)
    assert run(told).state is RunState.ROLLING_BACK
    assert notes(told)[-1] == "switch did not help; it is rolled back"
    answer(told)
    assert (run(told).state, run(told).failed) == (RunState.ROLLED_BACK, True)


def test_suggest_pages_nobody_and_may_be_approved_all_the_same() -> None:
    told = story(SWITCH.model_copy(update={"mode": Mode.SUGGEST}))
    told.down("bank")
    assert (run(told).state, notes(told)) == (RunState.SUGGESTED, [])
    assert do(told, "approve") == ""
    told = story(SWITCH.model_copy(update={"mode": Mode.SUGGEST, "action": None}))
    told.down("bank")
    assert do(told, "approve") == "switch has no action to carry out: do it by hand, and note it"


TRIGGERS = [
    (Trigger(severity=Severity.P1), "", "P1", False),
    (Trigger(severity=Severity.P1), "checkout", "P1", False),
    (Trigger(severity=Severity.P1, signal=("down",)), "", "P1", True),
    (Trigger(severity=Severity.P0, signal=("down",)), "", "P1", False),
    (Trigger(severity=Severity.P2, signal=("down",)), "", "P1", True),
    (Trigger(signal=("other",)), "", "P1", False),
    (Trigger(dependency=("bank",)), "", "P2", True),
    (Trigger(dependency=("page",)), "", "P2", False),
    (Trigger(signal=("down",), dependency=("page",)), "", "P2", False),
]


@pytest.mark.parametrize(("trigger", "flow", "severity", "fits"), TRIGGERS, ids=range(len(TRIGGERS)))
def test_when_it_is_of_use(trigger: Trigger, flow: str, severity: str, fits: bool) -> None:
    told = story(SWITCH.model_copy(update={"trigger": trigger, "flow": flow}), severity=severity)
    told.down("bank")
    assert bool(runs(told).runs) is fits


def test_a_dependency_that_is_down_elsewhere_counts() -> None:
    told = story(SWITCH.model_copy(update={"trigger": Trigger(signal=("down",), dependency=("page",))}))
    told.down("page")
    told.down("bank")
    assert runs(told).runs


def test_only_the_approvers_role_and_the_commander_decide_and_anybody_where_there_are_none() -> None:
    told = story(people=(LI, PO, WU))
    told.down("bank")
    assert do(told, "approve", by="li") == "switch is for product or the commander to decide: po, wu"
    assert (
        do(told, "reject", by="li", reason="no") == "switch is for product or the commander to decide: po, wu"
    )
    assert do(told, "approve", by="wu") == ""
    told = story(people=(LI,))
    told.down("bank")
    assert do(told, "approve", by="li") == ""


def test_a_refusal_may_be_thought_better_of() -> None:
    told = story()
    told.down("bank")
    assert do(told, "reject", reason="not yet") == ""
    assert run(told).state is RunState.REJECTED
    assert do(told, "approve") == "say which plan: plan=NAME"
    assert do(told, "approve", plan="switch") == ""
    assert run(told).state is RunState.APPROVED
    assert do(told, "approve", plan="switch") == "switch is approved"


def test_the_guard_counts_runs_in_earnest_and_yields_to_a_person() -> None:
    told = story(SWITCH.model_copy(update={"guard": PlanGuard(max_per_day=1)}))
    told.engine.state.usage = Usage({"switch": (told.at - 3600,)})
    told.down("bank")
    assert do(told, "approve") == (
        "switch ran 1 times within a day, its guard allows 1; to run it all the same: anyway=yes"
    )
    assert do(told, "approve", anyway="yes") == ""


def test_it_is_rolled_back_when_its_time_is_up() -> None:
    told = story(SWITCH.model_copy(update={"guard": PlanGuard(ttl=600.0)}))
    told.down("bank")
    do(told, "approve")
    answer(told)
    told.wait(1).up("page")
    ticks(told, 590.0)
    assert run(told).state is RunState.VERIFIED
    ticks(told, 20.0)
    assert run(told).state is RunState.ROLLING_BACK
    assert notes(told)[-1] == "switch has reached its time limit and is rolled back"


def test_a_suggestion_ends_with_the_incident_and_a_switch_in_force_keeps_it_in_mind() -> None:
    told = story()
    told.down("bank")
    told.wait(10).up("bank")
    assert "withdrawn" in kinds(told)
    told = story()
    told.down("bank")
    told.deliver_all()
    do(told, "approve")
    answer(told)
    told.wait(10).up("page")
    told.wait(10).up("bank")
    told.deliver_all()
    ticks(told, 30.0)
    assert "INC-1" in told.engine.state.incidents
    assert any("still in force" in note for note in notes(told))
    assert do(told, "rollback") == ""
    answer(told)
    told.deliver_all()
    told.wait(3600.0)  # until then it might relapse
    ticks(told, 30.0)
    assert "INC-1" not in told.engine.state.incidents


def test_a_dry_run_changes_nothing() -> None:
    told = story()
    told.down("bank")
    assert do(told, "approve", dry_run="yes") == ""
    assert runs(told).queued[0].dry_run
    answer(told, said="would POST to bank.example")
    assert (run(told).state, runs(told).queued) == (RunState.SUGGESTED, ())
    assert told.engine.state.usage == Usage()


def test_an_answer_that_comes_twice_or_that_nobody_waits_for_changes_nothing() -> None:
    told = story()
    told.down("bank")
    do(told, "approve")
    one = answer(told)
    before = runs(told)
    told.feed(Switched("INC-1", one.run, one.phase, one.key, False, "again"))
    told.feed(Switched("INC-1", "INC-1.nothing.1", "start", "k", True, ""))
    told.feed(Switched("INC-99", one.run, one.phase, one.key, True, ""))
    assert runs(told) == before


def test_what_hides_the_fault_and_what_recovery_is_at_hand() -> None:
    def standing() -> tuple[bool, bool, Recovery | None]:
        one = told.engine.state.histories["INC-1"]
        return hides_fault(one), unfinished(one), recovery_of(one)

    told = story()
    told.down("bank")
    assert standing() == (False, False, None)
    do(told, "approve")
    assert standing() == (False, True, None)
    answer(told)
    assert standing() == (True, True, None)
    told.wait(1).up("page")
    ticks(told, 10.0)
    assert standing() == (True, True, Recovery.READY)
    do(told, "rollback")
    answer(told)
    assert standing() == (False, False, None)


def test_a_story_told_again_from_the_log_is_the_same() -> None:
    told = story()
    told.down("bank")
    do(told, "approve")
    answer(told)
    told.wait(1).up("page")
    ticks(told, 10.0)
    do(told, "rollback")
    lines = [d.entry for d in told.decisions if isinstance(d, Logged) and d.incident == "INC-1"]
    assert project(lines).degrade == runs(told)
    assert len(runs(told).queued) == 1


def test_how_often_and_when_last_is_read_back_from_the_log() -> None:
    told = story()
    told.down("bank")
    do(told, "approve")
    answer(told)
    told.wait(1).up("page")
    ticks(told, 10.0)
    lines = [d.entry for d in told.decisions if isinstance(d, Logged)]
    assert Usage.of(reversed(lines)) == told.engine.state.usage
    assert told.engine.state.usage.today("switch", told.at) == 1
    assert told.engine.state.usage.fresh("switch", 60.0, told.at)
    assert told.engine.state.usage.today("switch", told.at + DAY) == 0
