"""Gauges of clocks and duties: summed over incidents, named by the configuration only."""

from __future__ import annotations

from dataclasses import replace

from tests.core.deadlines.desk import Desk
from tests.core.deadlines.packs import under
from tests.telemetry.test_metrics import INCIDENT, samples
from watchtower.core.events import IncidentChanged, Logged
from watchtower.core.incident.entry import LogEntry
from watchtower.core.plan import Plan
from watchtower.model import IncidentState
from watchtower.telemetry import Telemetry

AT = 1_700_000_000.0


def telemetry(at: float, plan: Plan | None = None) -> Telemetry:
    made = Telemetry("1.0", clock=lambda: at)
    made.reloaded(True, plan=plan or Plan())
    return made


def start(incident: str, due: float) -> Logged:
    clocks = {"mitigate": {"due": due, "warn": due - 60}}
    return Logged(AT, incident, LogEntry(AT, "deadlines.started", data={"severity": "P0", "clocks": clocks}))


def test_clocks_of_levels_that_have_them_are_there_from_the_start() -> None:
    shown = samples(telemetry(AT))
    assert shown['watchtower_sla_clocks_running{clock="mitigate",severity="P0"}'] == 0
    assert shown['watchtower_sla_clock_breaches_total{clock="acknowledge",severity="P1"}'] == 0
    assert not any('clock="detect"' in name or 'clock="resolve",severity="P4"' in name for name in shown)
    assert not any(name.startswith("watchtower_sla_clock_due") for name in shown)


def test_incidents_are_summed_and_the_soonest_end_is_told() -> None:
    made = telemetry(AT + 700)
    made.decided(start("INC-1", AT + 600))
    made.decided(start("INC-2", AT + 900))
    shown = samples(made)
    labels = '{clock="mitigate",severity="P0"}'
    assert shown[f"watchtower_sla_clocks_running{labels}"] == 2
    assert shown[f"watchtower_sla_clocks_overdue{labels}"] == 1
    assert shown[f"watchtower_sla_clock_due_timestamp_seconds{labels}"] == AT + 600


def test_a_breach_is_counted_and_a_settled_incident_leaves() -> None:
    made = telemetry(AT)
    made.decided(start("INC-1", AT + 600))
    breached = LogEntry(
        AT, "deadlines.breached", data={"clock": "mitigate", "miss": 1, "en": "mitigate", "zh": "止血"}
    )
    made.decided(Logged(AT, "INC-1", breached))
    made.decided(
        IncidentChanged(AT, "settled", replace(INCIDENT, state=IncidentState.RESOLVED, settled=True))
    )
    shown = samples(made)
    assert shown['watchtower_sla_clock_breaches_total{clock="mitigate",severity="P0"}'] == 1
    assert shown['watchtower_sla_clocks_running{clock="mitigate",severity="P0"}'] == 0


def test_what_ran_before_a_restart_runs_on() -> None:
    desk = Desk(AT)
    made = telemetry(AT)
    made.restored([], [], [], {"INC-1": desk.history.deadlines})
    assert samples(made)['watchtower_sla_clocks_running{clock="resolve",severity="P0"}'] == 1


def test_duties_are_those_of_the_packs_in_force_and_the_next_filing_is_told() -> None:
    desk = Desk(AT, "P0", under("mas"))
    made = telemetry(AT, desk.plan)
    assert samples(made)['watchtower_duties{duty="mas.notice",state="triggered"}'] == 0
    desk.measured(1.0, 0.0)
    made = telemetry(AT, desk.plan)
    for entry in desk.log:
        made.decided(Logged(AT, "INC-1", entry))
    shown = samples(made)
    assert shown['watchtower_duties{duty="mas.notice",state="triggered"}'] == 1
    assert shown['watchtower_duties{duty="mas.downtime",state="watch"}'] == 0
    assert shown['watchtower_duty_due_timestamp_seconds{duty="mas.notice"}'] == AT + 3600
