"""When nothing fires any more: an incident of the matrix is mitigated once its users are back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.builders import http_check, plan
from tests.core.severity.numbers import Case, flow, numbers, well
from watchtower.core.events import PageQueued
from watchtower.core.impact.meter import SLIGHT
from watchtower.core.incident.alerts import Alert
from watchtower.core.incident.history import History
from watchtower.core.pipeline.auto_resolve import _settled, advance, calm_since
from watchtower.core.plan import Plan
from watchtower.core.plan.incident import IncidentPolicy
from watchtower.core.state import Step
from watchtower.model import AlertState, IncidentState, Observation, Outcome, Reading


def test_it_is_not_mitigated_while_users_of_a_flow_are_missing() -> None:
    case = Case()
    case.sees(numbers(flow(impact=0.5), at=60.0))
    advance(Step(case.plan, case.state, 60.0), case.incident)
    assert case.incident.state is IncidentState.TRIGGERED
    case.sees(well(100.0, at=120.0))
    advance(Step(case.plan, case.state, 120.0), case.incident)
    assert (case.incident.state, case.incident.mitigated_at) == (IncidentState.MITIGATED, 100.0)
    assert case.state.histories["INC-1"].milestones.mitigated_at == 100.0
    for at, state in ((699.0, IncidentState.MITIGATED), (700.0, IncidentState.RESOLVED)):
        advance(Step(case.plan, case.state, at), case.incident)
        assert case.incident.state is state, "a P2 is resolved when it was calm for ten minutes"


def test_it_is_not_mitigated_while_data_are_missing() -> None:
    case = Case()
    case.sees(well(30.0, at=60.0, seen=False))
    advance(Step(case.plan, case.state, 60.0), case.incident)
    assert case.incident.state is IncidentState.TRIGGERED


def test_it_recurs_when_users_of_a_flow_are_missing_again() -> None:
    case = Case()
    case.sees(well(100.0, at=120.0))
    advance(Step(case.plan, case.state, 120.0), case.incident)
    case.sees(numbers(flow(impact=0.05), at=180.0))
    advance(Step(case.plan, case.state, 180.0), case.incident)
    assert case.incident.state is IncidentState.MITIGATED, "a twentieth is no outage"
    case.sees(numbers(flow(impact=0.5), at=240.0))
    advance(Step(case.plan, case.state, 240.0), case.incident)
    assert (case.incident.state, case.incident.again_at) == (IncidentState.TRIGGERED, 240.0)


def test_a_severity_without_a_time_of_its_own_is_resolved_at_once() -> None:
    case = Case(replace(Plan(), incident=IncidentPolicy(resolve_after={})))
    case.sees(well(100.0, at=100.0))
    for _ in range(2):
        advance(Step(case.plan, case.state, 100.0), case.incident)
    assert case.incident.state is IncidentState.RESOLVED


def test_after_a_relapse_it_must_be_well_for_twice_as_long() -> None:
    case = Case()
    case.sees(well(100.0, at=120.0))
    advance(Step(case.plan, case.state, 120.0), case.incident)
    case.sees(numbers(flow(impact=0.5), at=240.0))
    advance(Step(case.plan, case.state, 240.0), case.incident)
    case.sees(well(1000.0, at=1001.0))
    for at, state in ((1599.0, IncidentState.TRIGGERED), (1600.0, IncidentState.RESOLVED)):
        advance(Step(case.plan, case.state, at), case.incident)
        assert case.incident.state is state, "calm for ten minutes, a P2 is over, too"
    assert case.incident.mitigated_at == 1000.0


def test_it_is_not_resolved_while_data_are_missing() -> None:
    case = Case()
    case.sees(well(100.0, at=120.0))
    advance(Step(case.plan, case.state, 120.0), case.incident)
    case.sees(well(100.0, at=2000.0, seen=False))
    advance(Step(case.plan, case.state, 2000.0), case.incident)
    assert case.incident.state is IncidentState.MITIGATED
    case.sees(well(None, at=2010.0, bad=False))
    advance(Step(case.plan, case.state, 2010.0), case.incident)
    assert case.incident.state is IncidentState.MITIGATED, "its users are not back for sure"
    case.sees(well(100.0, at=2020.0))
    advance(Step(case.plan, case.state, 2020.0), case.incident)
    assert case.incident.state is IncidentState.RESOLVED


def test_of_a_fixed_severity_it_is_over_where_no_flow_fell() -> None:
    case = Case(Plan(checks={"orders": http_check("orders", "checkout")}), matrix=False)
    case.state.incidents["INC-1"] = replace(case.incident, flows=("checkout",))
    advance(Step(case.plan, case.state, 60.0), case.incident)
    assert case.incident.mitigated_at == 60.0


def test_after_a_restart_nobody_says_that_users_are_back_before_something_was_measured() -> None:
    case = Case(Plan(checks={"orders": http_check("orders", "checkout")}), matrix=False)
    case.state.incidents["INC-1"] = replace(case.incident, flows=("checkout",))
    fired = Alert(
        "down", "orders", "", AlertState.RESOLVED, fired_at=10.0, resolved_at=50.0, incident="INC-1"
    )
    case.state.alerts[fired.key] = fired
    advance(Step(case.plan, case.state, 60.0), case.incident)
    assert case.incident.state is IncidentState.TRIGGERED
    case.state.last["orders", ""] = Observation("orders", 65.0, Reading(Outcome.UP))
    advance(Step(case.plan, case.state, 65.0), case.incident)
    assert case.incident.mitigated_at == 65.0


@pytest.mark.parametrize(
    ("mitigated_at", "state", "since"),
    [
        (5.0, IncidentState.MITIGATED, 5.0),
        (5.0, IncidentState.TRIGGERED, None),
        (None, IncidentState.MITIGATED, None),
    ],
)
def test_what_is_not_mitigated_is_calm_since_never(
    mitigated_at: float | None, state: IncidentState, since: float | None
) -> None:
    incident = replace(Case().incident, mitigated_at=mitigated_at, state=state)
    assert calm_since(incident, None) == since


@pytest.mark.parametrize(("calm", "pages"), [(False, ["new li sms", "new li email"]), (True, [])])
def test_that_users_are_missing_again_is_told_unless_its_severity_says_so(
    calm: bool, pages: list[str]
) -> None:
    case = Case(plan([], []))
    case.sees(well(100.0, at=120.0))
    advance(Step(case.plan, case.state, 120.0), case.incident)
    case.sees(numbers(flow(impact=0.5), at=240.0))
    history = case.state.histories["INC-1"]
    case.state.histories["INC-1"] = replace(history, severity=replace(history.severity, calm=calm))
    step = Step(case.plan, case.state, 240.0)
    advance(step, case.incident)
    told = [
        f"{d.page.kind} {d.page.responder} {d.page.channel}"
        for d in step.decisions
        if isinstance(d, PageQueued)
    ]
    assert bool(told) is bool(pages)


@pytest.mark.parametrize(("bad_for", "settled"), [(3599.0, False), (3600.0, True)])
def test_what_was_bad_for_an_hour_at_last_came_and_went_no_more(bad_for: float, settled: bool) -> None:
    case = Case(plan([], []))
    history = case.state.histories.get("INC-1", History())
    again = replace(history.milestones, recurred=1)
    case.state.histories["INC-1"] = replace(history, milestones=again)
    alert = Alert(
        "down", "bank", "", AlertState.RESOLVED, fired_at=100.0, resolved_at=100.0 + bad_for, incident="INC-1"
    )
    case.state.alerts[alert.key] = alert
    at = 100.0 + bad_for + 10.0
    assert _settled(Step(case.plan, case.state, at), case.incident, at) is settled


@pytest.mark.parametrize(
    ("impact", "state"), [(SLIGHT, IncidentState.TRIGGERED), (SLIGHT - 0.01, IncidentState.MITIGATED)]
)
def test_from_a_slight_loss_on_it_recurs(impact: float, state: IncidentState) -> None:
    case = Case()
    case.sees(well(100.0, at=120.0))
    advance(Step(case.plan, case.state, 120.0), case.incident)
    case.sees(numbers(flow(impact=impact), at=180.0))
    advance(Step(case.plan, case.state, 180.0), case.incident)
    assert case.incident.state is state


def test_without_flows_it_is_mitigated_when_nothing_fires() -> None:
    case = Case()
    case.sees(numbers(at=60.0))
    advance(Step(case.plan, case.state, 90.0), case.incident)
    assert case.incident.mitigated_at == 90.0
