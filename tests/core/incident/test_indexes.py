"""What finds alerts and incidents quickly agrees with a search through all of them, whatever was put in and taken out."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.incident.test_incident_table import an_incident
from tests.core.severity.numbers import Case
from watchtower.core.incident.alert_index import Alerts
from watchtower.core.incident.alerts import Alert
from watchtower.core.incident.incident_index import Incidents
from watchtower.core.incident.incidents import Incident
from watchtower.model import AlertState, IncidentState

INCIDENTS, FLOWS, CHECKS = ("", "INC-1", "INC-2"), ("", "pay", "buy"), ("bank", "web")
PLANS = [{("bank", ""): "pay"}, {("bank", ""): "buy", ("web", ""): "pay"}, {("bank", "x"): "pay"}, {}]

alerts = st.builds(
    lambda rule, check, series, firing, incident: Alert(
        rule, check, series, AlertState.FIRING if firing else AlertState.RESOLVED, incident=incident
    ),
    st.sampled_from(("slow", "down")),
    st.sampled_from(CHECKS),
    st.sampled_from(("", "x")),
    st.booleans(),
    st.sampled_from(INCIDENTS),
)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.lists(st.one_of(alerts, alerts.map(lambda one: one.key), st.sampled_from(range(4))), max_size=25))
def test_alerts_are_found_by_incident_flow_and_check(steps: list[object]) -> None:
    found, plan = Alerts(), dict[tuple[str, str], str]()
    plain: dict[tuple[str, str, str], Alert] = {}
    for step in steps:
        if isinstance(step, Alert):
            found[step.key] = plain[step.key] = step
        elif isinstance(step, tuple):
            assert found.pop(step, None) == plain.pop(step, None)
        else:
            plan = PLANS[step]  # type: ignore[call-overload]
            found.follow(lambda check, series, plan=plan: plan.get((check, series), ""))  # type: ignore[misc]
        firing = [one for one in plain.values() if one.state is AlertState.FIRING]
        for incident in INCIDENTS[1:]:
            its = [one for one in firing if one.incident == incident]
            assert found.fires(incident) == bool(its)
            flows = {plan.get((one.check, one.series), "") for one in its}
            assert [flow for flow in FLOWS if found.fires(incident, flow)] == [f for f in FLOWS if f in flows]
        for check in CHECKS:
            its_own = {one.key: one for one in plain.values() if one.check == check}
            assert {one.key: one for one in found.of_check(check)} == its_own


def incident(number: int, flows: tuple[str, ...], over: bool, matrix: bool) -> Incident:
    state = IncidentState.RESOLVED if over else IncidentState.TRIGGERED
    return replace(an_incident(state), id=f"INC-{number}", key=f"flow:{flows[0]}", flows=flows, matrix=matrix)


BELOW = [
    {"pay": frozenset({"bank", "net"}), "buy": frozenset({"net"})},
    {"pay": frozenset({"net"}), "log": frozenset({"bank"})},
    {},
]
kept = st.builds(
    incident,
    st.sampled_from((2, 9, 10, 11)),
    st.sampled_from((("pay",), ("buy",), ("pay", "buy"), ("log",))),
    st.booleans(),
    st.booleans(),
)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(
    st.lists(st.one_of(kept, st.sampled_from(("INC-2", "INC-10")), st.sampled_from(range(3))), max_size=25)
)
def test_incidents_are_found_by_what_they_are_about(steps: list[object]) -> None:
    found, below = Incidents(), dict[str, frozenset[str]]()
    plain: dict[str, Incident] = {}
    for step in steps:
        if isinstance(step, Incident):
            found[step.id] = plain[step.id] = step
        elif isinstance(step, str):
            assert found.pop(step, None) == plain.pop(step, None)
        else:
            below = BELOW[step]  # type: ignore[call-overload]
            found.follow(below)
        everything = sorted(plain.values(), key=lambda one: int(one.id[4:]))
        is_open = [one for one in everything if one.open]
        for wanted in (["pay"], ["buy", "log"], ["pay", "buy"]):
            assert found.of_flows(wanted) == [one for one in everything if {*wanted} & {*one.flows}]
        for wanted in (["bank"], ["net"], ["bank", "net"]):
            assert found.standing_on(wanted) == [
                one for one in is_open if any({*wanted} & below.get(flow, frozenset()) for flow in one.flows)
            ]
        assert sorted(one.id for one in found.matrix) == sorted(one.id for one in is_open if one.matrix)
        for key in ("flow:pay", "flow:buy", "flow:log"):
            assert {one.id for one in found.of(key)} == {one.id for one in is_open if one.key == key}
            assert {one.id for one in found.over(key)} == {
                one.id for one in everything if not one.open and one.key == key
            }


def test_what_is_deleted_is_found_no_more() -> None:
    found = Incidents()
    one = incident(1, ("pay",), over=False, matrix=True)
    found[one.id] = one
    del found[one.id]
    assert (dict(found), found.of_flows(["pay"]), found.matrix) == ({}, [], [])


@pytest.mark.parametrize(
    ("was", "then", "graded"), [(True, True, ["INC-1"]), (True, False, []), (False, True, ["INC-1"])]
)
def test_which_open_incidents_the_matrix_grades(was: bool, then: bool, graded: list[str]) -> None:
    incidents, incident = Incidents(), replace(Case().incident, flows=("checkout",), matrix=was)
    incidents["INC-1"] = incident
    incidents["INC-1"] = replace(incident, flows=("checkout", "refund"), matrix=then)
    assert [one.id for one in incidents.matrix] == graded
