"""What holds of the engine whatever happens to it."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.turmoil import Life, Op, ops, plans
from watchtower.core.events import AlertChanged, Decision, IncidentChanged, PageQueued
from watchtower.core.incident.incidents import PENDING
from watchtower.core.incident.kinds import NO_DATA, UNREACHED
from watchtower.core.plan.incident import IncidentPolicy
from watchtower.model import AlertState, Severity

PLANS = plans(every=10.0)
PATIENT = plans(every=1e7)
RELAPSING = [replace(one, incident=IncidentPolicy(reopen_within=25.0)) for one in PLANS]
"""What comes back within 25 s is the same incident."""
"""No check is overdue: when a series was last seen is not saved, so blindness of silence begins anew."""

turmoil = settings(max_examples=35, deadline=None, derandomize=True)


@turmoil
@given(ops())
def test_whoever_was_told_gets_one_all_clear_and_nobody_else(life: list[Op]) -> None:
    it = Life(PLANS).live(life)
    it.end_well()
    for lane, kinds in it.heard.items():
        told = any(not kind.ends for kind in kinds)
        own = [page for page in it.clears[lane] if not page.failover_of]
        assert len(own) == told, (lane, kinds)
    for lane, clears in it.clears.items():
        for page in clears:
            if page.failover_of:
                assert page.failover_of.split(".")[2] == page.responder, "passed on to the same person only"
            else:
                assert any(not kind.ends for kind in it.heard[lane])


@turmoil
@given(ops())
def test_after_its_all_clear_an_address_hears_nothing_more_of_the_incident(life: list[Op]) -> None:
    it = Life(PLANS).live(life)
    it.end_well()
    for lane, kinds in it.heard.items():
        assert not any(kind.ends for kind in kinds[:-1]), (lane, kinds)


@turmoil
@given(ops())
def test_nothing_is_left_once_all_is_well_and_everybody_knows(life: list[Op]) -> None:
    it = Life(PLANS).live(life)
    it.end_well()
    state = it.engine.state
    assert (state.alerts, state.incidents, state.pages, state.facts) == ({}, {}, {}, {})
    assert set(state.last) <= set(state.last_seen)
    assert {check for check, _ in state.last_seen} <= set(it.plan.checks)


@turmoil
@given(ops())
def test_at_every_moment_the_state_makes_sense(life: list[Op]) -> None:
    it = Life(PLANS)
    worst: dict[str, Severity] = {}
    for op in life:
        it.do(*op)
        state = it.engine.state
        for page in state.pages.values():
            assert page.state in PENDING
            assert page.incident in state.incidents, (
                "a page on its way belongs to an incident that is not over"
            )
        for alert in state.alerts.values():
            if alert.state is AlertState.FIRING:
                assert state.incidents[alert.incident].open
        for incident in state.incidents.values():
            assert not incident.settled
            firing = state.alerts_of(incident.id, AlertState.FIRING)
            assert incident.open == bool(firing)
            if before := worst.get(incident.id):
                assert not before.worse_than(incident.record), "the record never falls"
            worst[incident.id] = incident.record
            if firing and sum(a.rule == NO_DATA for a in firing) < it.plan.no_data.many:
                assert incident.severity.rank <= min(a.severity.rank for a in firing)
            assert not incident.severity.worse_than(incident.record)


@turmoil
@given(ops())
def test_numbers_and_ids_never_repeat(life: list[Op]) -> None:
    it = Life(PLANS).live(life)  # that of pages is asserted where they are stored
    it.end_well()
    opened = [
        d.incident.id
        for some in it.decided
        for d in some
        if isinstance(d, IncidentChanged) and d.reason == "opened"
    ]
    assert opened == [f"INC-{n + 1}" for n in range(len(opened))]


@turmoil
@given(ops())
def test_the_same_life_leads_to_the_same_decisions(life: list[Op]) -> None:
    assert Life(PLANS).live(life).decided == Life(PLANS).live(life).decided


def _told(decided: list[list[Decision]]) -> list[list[Decision]]:
    """Without the numbers: what was counted since they were last written is counted as the last known impact."""
    return [[d for d in some if d.reason != "impact.measured"] for some in decided]


@turmoil
@given(ops(), st.integers(0, 60))
def test_a_restart_at_any_moment_changes_no_decision(life: list[Op], moment: int) -> None:
    life = [op for op in life if op[0] not in ("restart", "step")]
    life = [
        op for op in life if op[0] != "see" or op[1][0] != "orders"
    ]  # detector windows are saved by themselves
    life.insert(min(moment, len(life)), ("restart",))
    one, other = Life(PATIENT, restarts=True), Life(PATIENT, restarts=False)
    for op in life:
        one.do(*op)
        other.do(*op)
        assert _told(one.decided[-1:]) == _told(other.decided[-1:]), op


@turmoil
@given(ops(outcomes=["unknown"]))
def test_what_cannot_be_told_fires_no_rule(life: list[Op]) -> None:
    it = Life(PLANS).live(life)
    for some in it.decided:
        for decision in some:
            if isinstance(decision, AlertChanged):
                assert decision.alert.rule in (NO_DATA, UNREACHED)


@turmoil
@given(ops(outcomes=["unknown"], reloads=False))
def test_what_cannot_be_told_resolves_nothing(life: list[Op]) -> None:
    it = Life(PLANS)
    it.see("bank", "", "down", 0.0)
    it.live(life)
    assert it.engine.state.alerts["bank-down", "bank", ""].state is AlertState.FIRING


@turmoil
@given(ops())
def test_nobody_is_paged_for_an_incident_that_is_over(life: list[Op]) -> None:
    it = Life(PLANS).live(life)
    over: set[str] = set()
    for some in it.decided:
        for decision in some:
            if isinstance(decision, IncidentChanged) and not decision.incident.open:
                over.add(decision.incident.id)
            if isinstance(decision, PageQueued) and decision.page.incident in over:
                assert decision.page.kind.ends


@turmoil
@given(ops())
def test_through_every_relapse_whoever_was_told_last_that_it_is_on_is_told_that_it_is_over(
    life: list[Op],
) -> None:
    it = Life(RELAPSING).live([op for op in life if op[0] != "step" and op[-1] != "failed"])
    it.end_well()
    for lane, kinds in it.heard.items():
        assert kinds[-1].ends or not any(not k.ends for k in kinds), (
            lane,
            kinds,
        )
        own = [page for page in it.clears[lane] if not page.failover_of]
        numbers = [page.message.number for page in own]
        assert numbers == sorted(set(numbers)), "one all-clear an end"
    state = it.engine.state
    assert (state.alerts, state.incidents, state.pages, state.histories) == ({}, {}, {}, {})
