"""Clocks of the levels: when they start, what meets them, who hears of it."""

from __future__ import annotations

import json

import pytest

from tests.core.deadlines.desk import CHEN, LI, Desk, label
from watchtower.core.deadlines.sla_clocks import Deadlines
from watchtower.core.deadlines.standing import promotes, still_due
from watchtower.core.incident.entry import LogEntry
from watchtower.core.plan.calendar import CalendarSpan
from watchtower.core.plan.targets import DeadlinePolicy, Targets
from watchtower.model import IncidentState

M, H, D = 60.0, 3600.0, 86400.0
QUIET = (LI,)


@pytest.mark.parametrize(
    ("level", "clock", "seconds"),
    [
        ("P0", "acknowledge", 5 * M), ("P0", "call", 10 * M), ("P0", "mitigate_goal", 10 * M), ("P0", "mitigate", H),
        ("P0", "resolve", D), ("P0", "status", 15 * M),
        ("P1", "acknowledge", 10 * M), ("P1", "call", 15 * M), ("P1", "mitigate", 4 * H), ("P1", "resolve", 2 * D),
        ("P1", "status", 30 * M), ("P2", "acknowledge", 30 * M), ("P2", "mitigate", 8 * H), ("P2", "resolve", 5 * D),
    ],
)  # fmt: skip
def test_each_level_has_its_times(level: str, clock: str, seconds: float) -> None:
    desk = Desk(level=level)
    assert desk.clock(clock).due == desk.at + seconds


def test_a_team_that_leads_nothing_has_clocks_that_meet_themselves_and_hears_of_none() -> None:
    desk = Desk(people=QUIET)
    assert set(desk.history.deadlines.clocks) == {"acknowledge", "mitigate_goal", "mitigate", "resolve"}
    desk.until(desk.at + 2 * D, every=10 * M)
    assert desk.told() == []
    assert [label(e) for e in desk.log if e.kind.startswith("deadlines.")] == [
        "started", "breached acknowledge", "breached mitigate_goal", "breached mitigate", "breached resolve"
    ]  # fmt: skip


@pytest.mark.parametrize("level", ["P3", "P4"])
def test_low_levels_have_no_clocks_until_somebody_writes_targets(level: str) -> None:
    assert Desk(level=level).log[1:] == []
    desk = Desk(level=level, policy=DeadlinePolicy(configured=True))
    assert "acknowledge" in desk.history.deadlines.clocks


def test_what_happened_meets_the_clock_at_its_own_time() -> None:
    desk = Desk()
    desk.after(2 * M)
    assert desk.acknowledged() == ["deadlines.met"]
    assert desk.clock("acknowledge").met == desk.at
    desk.do("call", link="https://meet.example/1")
    assert desk.clock("call").met == desk.at
    desk.after(5 * M)
    desk.mitigated()
    assert desk.clock("mitigate_goal").met == desk.clock("mitigate").met == desk.at
    desk.after(H)
    desk.resolved()
    assert desk.clock("resolve").met == desk.at


def test_people_are_warned_at_four_fifths_and_told_when_it_is_over_each_once() -> None:
    desk = Desk()
    found = desk.until(desk.at + 3 * H)
    start = desk.incident.opened_at
    assert found["warned mitigate"] == start + 48 * M
    assert found["breached mitigate"] == start + H
    told = desk.told()
    assert told.count(("commander,deputy,tech_lead", "clock_soon")) == 1
    assert told.count(("commander,deputy,tech_lead", "clock_late")) == 1


def test_acknowledging_late_is_written_down_and_nobody_is_told_here_since_it_escalates_elsewhere() -> None:
    desk = Desk()
    assert "deadlines.breached" in desk.after(5 * M)
    assert [reason for _, reason in desk.told()] == []


def test_where_nobody_has_the_role_on_call_hears_if_targets_are_written() -> None:
    desk = Desk(people=QUIET, policy=DeadlinePolicy(configured=True))
    desk.until(desk.at + H)
    assert ("oncall", "clock_late") in desk.told()


def test_a_raise_shortens_what_runs_and_a_fall_prolongs_nothing() -> None:
    desk = Desk(level="P2")
    start = desk.at
    desk.after(20 * M)
    desk.raised("P0")
    assert desk.clock("acknowledge").due == start + 25 * M
    assert desk.clock("mitigate").due == start + 80 * M
    assert desk.clock("call").due == start + 30 * M
    desk.after(M)
    desk.change("lowered", severity="P2")
    assert desk.clock("mitigate").due == start + 80 * M
    assert desk.clock("call").stopped


def test_a_raise_just_before_the_end_gives_no_more_time() -> None:
    desk = Desk(level="P2")
    start = desk.at
    desk.after(28 * M)
    desk.raised("P1")
    assert desk.clock("acknowledge").due == start + 30 * M


def test_overdue_promotion_once_a_level_and_the_new_levels_time_begins() -> None:
    desk = Desk(level="P1")
    desk.until(desk.at + 2 * D - 10 * M, every=10 * M)
    assert not promotes(desk.history)
    desk.after(10 * M)
    assert promotes(desk.history)
    desk.raised("P0")
    assert not promotes(desk.history)
    assert desk.clock("resolve").due == desk.at + D
    assert desk.clock("resolve").restarted == 1
    desk.until(desk.at + D, every=10 * M)
    assert promotes(desk.history)


def test_what_is_mitigated_is_not_promoted() -> None:
    desk = Desk(level="P1")
    desk.mitigated()
    desk.until(desk.at + 3 * D, every=H)
    assert not promotes(desk.history)


def test_status_updates_restart_their_clock_and_misses_go_to_the_commander_then_the_deputy_too() -> None:
    desk = Desk()
    start = desk.at
    desk.after(10 * M)
    desk.note("notes.update", "We look into it", tag="internal")
    assert desk.clock("status").due == start + 25 * M
    assert desk.clock("status").kept == 1
    desk.until(start + 40 * M)
    status = [who for who, reason in desk.told() if reason == "clock_late" and who.startswith("commander")]
    assert "commander" in status
    assert "commander,deputy" in status
    assert desk.clock("status").misses == 2
    desk.note("notes.update", "Still looking", tag="internal")
    assert (desk.clock("status").kept, desk.clock("status").missed, desk.clock("status").misses) == (1, 2, 0)


def test_an_update_to_customers_is_no_internal_one() -> None:
    desk = Desk()
    due = desk.clock("status").due
    desk.after(M)
    desk.note("notes.update", "Sorry", tag="customers")
    assert desk.clock("status").due == due


def test_the_outside_hears_five_minutes_after_the_call_then_every_twenty_then_as_announced() -> None:
    desk = Desk()
    assert "public" not in desk.history.deadlines.clocks
    desk.after(4 * M)
    desk.do("call", link="bridge 1")
    called = desk.at
    assert desk.clock("public").due == called + 5 * M
    desk.after(3 * M)
    desk.note("notes.update", "We know", tag="customers")
    assert desk.clock("public").due == desk.at + 20 * M
    while desk.at < called + 2 * H:
        desk.after(15 * M)
        desk.note("notes.update", "Still on it", tag="public")
    assert desk.clock("public").due == desk.at + H
    desk.after(M)
    desk.note("notes.update", "Next word in three hours", tag="public", due=desk.at + 3 * H)
    assert desk.clock("public").due == desk.at + 3 * H


def test_without_a_call_the_outside_is_due_five_minutes_after_it_should_have_been_opened() -> None:
    desk = Desk()
    desk.until(desk.at + 11 * M)
    assert desk.clock("public").due == desk.incident.opened_at + 15 * M


def test_a_pause_has_a_reason_and_moves_the_end_by_its_length() -> None:
    desk = Desk()
    due = desk.clock("mitigate").due
    desk.after(10 * M)
    assert desk.do("pause", clock="mitigate", reason="waiting for the bank's window") == ""
    left = desk.clock("mitigate").left(desk.at)
    desk.until(desk.at + 5 * H)
    assert desk.clock("mitigate").breached is None
    assert desk.clock("mitigate").left(desk.at) == left
    assert "is paused already" in desk.do("pause", clock="mitigate", reason="again")
    assert desk.do("resume", clock="mitigate") == ""
    assert desk.clock("mitigate").due == due + 5 * H
    assert desk.clock("mitigate").paused_for == 5 * H


@pytest.mark.parametrize(
    ("action", "given", "answer"),
    [
        ("pause", {"clock": "lunch", "reason": "noon"}, 'no clock "lunch" is running; running: acknowledge'),
        ("resume", {"clock": "mitigate"}, 'no clock "mitigate" is paused; paused: none'),
        ("filed", {"duty": "mas.notice"}, 'no duty "mas.notice" is triggered; triggered: none'),
        (
            "not_applicable",
            {"duty": "mas.notice", "reason": "no"},
            'there is no duty "mas.notice"; duties: none',
        ),
    ],
)
def test_an_action_that_cannot_be_done_says_why_and_changes_nothing(
    action: str, given: dict[str, str], answer: str
) -> None:
    desk = Desk()
    before = desk.history
    assert desk.do(action, **given).startswith(answer)
    assert desk.history == before


def test_a_relapse_gives_the_time_anew() -> None:
    desk = Desk()
    desk.after(30 * M)
    desk.mitigated()
    desk.after(20 * M)
    desk.change("recurred", state=IncidentState.TRIGGERED, mitigated_at=None)
    assert desk.clock("mitigate").met is None
    assert desk.clock("mitigate").due == desk.at + H


def test_a_reopened_incident_runs_its_clocks_again_and_not_the_reviews() -> None:
    desk = Desk()
    desk.resolved()
    assert desk.clock("status").stopped
    assert desk.clock("review").open
    desk.after(30 * M)
    desk.change("reopened", state=IncidentState.TRIGGERED, resolved_at=None)
    assert desk.clock("status").open
    assert desk.clock("resolve").due == desk.at + D
    assert not desk.clock("review").open
    desk.after(M)
    desk.resolved()
    assert desk.clock("review").due == desk.at + 3 * D


def test_the_review_is_due_by_the_record_level_and_is_met_by_writing_and_meeting() -> None:
    desk = Desk()
    desk.change("lowered", severity="P2")
    desk.resolved()
    over = desk.at
    assert desk.clock("review_draft").due == over + D
    assert desk.clock("review").due == over + 3 * D
    assert still_due(desk.history)
    desk.after(H)
    desk.note("review.section", section="summary", text="The certificate ran out")
    assert desk.clock("review_draft").met == desk.at
    desk.note("review.owner", owner="li", meeting=over + 2 * D)
    assert desk.clock("review").open
    desk.until(over + 2 * D, every=H)
    assert desk.clock("review").met is not None
    assert not still_due(desk.history)


def test_clocks_that_only_the_incident_needs_end_with_it() -> None:
    desk = Desk()
    desk.resolved()
    assert desk.clock("call").stopped
    assert desk.clock("status").stopped
    told = desk.told()
    desk.until(desk.at + 10 * H, every=10 * M)
    assert desk.told() == told


def test_an_own_target_counts_and_the_rest_keeps_its_default() -> None:
    p0 = Targets().P0.model_copy(update={"acknowledge": CalendarSpan(2 * M)})
    targets = Targets(P0=p0)
    desk = Desk(policy=DeadlinePolicy(targets, configured=True))
    assert desk.clock("acknowledge").due == desk.at + 2 * M
    assert desk.clock("mitigate").due == desk.at + H


def test_nothing_is_written_twice_and_nothing_while_nothing_is_due() -> None:
    desk = Desk()
    assert desk.tick() == []
    desk.after(H)
    desk.tick()  # the call is overdue: from now on the outside waits for a word
    assert desk.tick() == []


def test_folding_the_log_again_gives_the_same_also_through_json() -> None:
    desk = Desk(people=(LI, CHEN))
    desk.after(4 * M)
    desk.acknowledged()
    desk.do("call", link="bridge")
    desk.do("pause", clock="resolve", reason="weekend")
    desk.until(desk.at + 2 * H)
    desk.do("resume", clock="resolve")
    desk.raised("P0")
    desk.mitigated()
    desk.resolved()
    assert desk.again().deadlines == desk.history.deadlines
    through = [LogEntry(e.at, e.kind, e.by, e.detail, json.loads(json.dumps(dict(e.data)))) for e in desk.log]
    deadlines = Deadlines()
    for entry in through:
        if entry.kind.startswith("deadlines."):
            deadlines = deadlines.after(entry)
    assert deadlines == desk.history.deadlines


@pytest.mark.parametrize(
    "entry",
    [
        LogEntry(1.0, "deadlines.started", data={"clocks": {"mitigate": {}}}),
        LogEntry(1.0, "deadlines.started", data={"clocks": {"of another version": {"due": 1, "warn": 1}}}),
        LogEntry(1.0, "deadlines.started", data={"clocks": None}),
        LogEntry(1.0, "deadlines.met", data={"clock": "nothing"}),
        LogEntry(1.0, "deadlines.duty", data={"duty": "a.b", "standing": "soon"}),
        LogEntry(1.0, "deadlines.filed", data={}),
        LogEntry(1.0, "deadlines.call"),
        LogEntry(1.0, "deadlines.of_another_version", data={"x": 1}),
    ],
    ids=lambda entry: f"{entry.kind} {sorted(entry.data)}",
)
def test_garbled_lines_change_nothing(entry: LogEntry) -> None:
    after = Deadlines().after(entry)
    assert (after.clocks, after.duties, after.call) == ({}, {}, None)


def test_the_next_thing_due_is_known() -> None:
    desk = Desk()
    assert desk.history.deadlines.next_due() == ("acknowledge", desk.at + 5 * M)
