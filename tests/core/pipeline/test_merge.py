"""Which incident another may take over: none that is worse, or in which somebody acted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.severity.numbers import P1, P2, P3, Case, flow, numbers
from watchtower.core.events import IncidentChanged
from watchtower.core.impact.meter import Meter
from watchtower.core.pipeline.merge import merge_next
from watchtower.core.state import Step
from watchtower.model import Severity


@pytest.mark.parametrize(
    ("severity", "record", "acted", "taken"),
    [
        (P2, P2, False, True),
        (P3, P3, False, True),
        (P1, P2, False, False),
        (P2, P1, False, False),
        (P2, P2, True, False),
    ],
)
def test_what_is_worse_or_was_acted_upon_stays_beside(
    severity: Severity, record: Severity, acted: bool, taken: bool
) -> None:
    case = Case()
    home, incidents = case.incident, case.state.incidents
    if acted:
        case.names("commander", "li")
        case.state.histories["INC-2"] = case.state.histories.pop("INC-1")
    incidents["INC-2"] = replace(home, id="INC-2", severity=severity, record=record)
    case.state.merging["INC-2"] = "INC-1"
    step = Step(case.plan, case.state, 60.0)
    assert merge_next(step) == ["INC-2"] * taken
    assert incidents["INC-2"].merged_into == "INC-1" * taken


def test_what_is_taken_over_brings_its_flows_its_matrix_and_what_it_lost() -> None:
    case = Case(matrix=False)
    home, incidents = case.incident, case.state.incidents
    incidents["INC-2"] = replace(home, id="INC-2", flows=("refund",), flow="refund", matrix=True, onset=-60.0)
    case.state.meters.put("INC-2", ("refund", "", ""), Meter("refund", 0.0, 0.0))
    case.state.merging["INC-2"] = "INC-1"
    step = Step(case.plan, case.state, 60.0)
    step.opening["INC-2"] = [("opened", "bank", "")]
    merge_next(step)
    now = incidents["INC-1"]
    assert (now.flows, now.matrix, now.onset) == (("refund",), True, -60.0)
    assert [meter.flow for meter in case.state.meters.of("INC-1")] == ["refund"]
    assert not list(case.state.meters.of("INC-2"))
    written = [d.reason for d in step.decisions if isinstance(d, IncidentChanged)]
    assert written == ["merged", "opened", "merged_into"], "what waited to be written is"


def test_after_a_restart_what_the_home_lost_is_in_its_log() -> None:
    case = Case()
    case.sees(numbers(flow("checkout", impact=0.5), at=30.0))
    case.state.incidents["INC-2"] = replace(case.incident, id="INC-2", flows=("refund",))
    case.state.meters.put("INC-2", ("refund", "", ""), Meter("refund", 0.0, 0.0))
    case.state.merging["INC-2"] = "INC-1"
    merge_next(Step(case.plan, case.state, 60.0))
    assert {meter.flow for meter in case.state.meters.of("INC-1")} == {"checkout", "refund"}


def test_after_a_restart_what_the_other_lost_is_in_its_log() -> None:
    case = Case()
    case.sees(numbers(flow("refund", impact=0.5), at=30.0))
    case.state.histories["INC-2"] = case.state.histories.pop("INC-1")
    case.state.incidents["INC-2"] = replace(case.incident, id="INC-2", flows=("refund",))
    case.state.meters.by_incident.clear()
    case.state.merging["INC-2"] = "INC-1"
    merge_next(Step(case.plan, case.state, 60.0))
    assert {meter.flow for meter in case.state.meters.of("INC-1")} == {"refund"}
