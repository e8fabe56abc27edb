"""Alerts of others: who says that they fire, and what becomes of them when a sender ends, dies or has another clock."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.probes.health.alerts_through import CHECKS, RULES, Through, alert, plan_of
from watchtower.core.events import AlertChanged, SilenceAsked
from watchtower.core.incident.incidents import Page
from watchtower.core.matchers import parse_matchers
from watchtower.core.plan import Plan
from watchtower.core.plan.alert_series import AlertSeries
from watchtower.model import AlertState
from watchtower.probes.held_alerts import FOLDED, MOST

A, B = "10.0.0.1", "10.0.0.2"


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return plan_of(tmp_path_factory.mktemp("plan"))


def repeat(it: Through, seconds: float, *senders: str, name: str = "Full", **labels: str) -> None:
    """Each sender repeats it every 65 s, as Prometheus does."""
    for _ in range(int(seconds // 65)):
        for sender in senders:
            it.post(alert(name, it.at, **labels), sender=sender)
        it.wait(65.0)


def test_labels_and_annotations_become_flow_severity_and_text(plan: Plan) -> None:
    it = Through(plan)
    told = alert("Full", it.at, severity="critical", service="checkout-svc", instance="db-1")
    it.post(replace(told, annotations={**told.annotations, "runbook_url": "https://run.example/full"}))
    it.wait(5.0)
    [(_, page)] = it.pages
    message = page.message
    assert (message.flow, str(message.severity), message.title.en) == ("checkout", "P1", "Checkout")
    assert message.because[0].text.en == "Full is bad"
    assert message.sop_url == "https://run.example/full"
    assert not message.flows  # how much of it fails, nobody has measured


def test_alerts_of_no_flow_share_an_incident_by_their_name(plan: Plan) -> None:
    it = Through(plan)
    it.post(*(alert("Full", it.at, severity="warning", instance=f"db-{n}") for n in range(3)))
    it.post(alert("Slow", it.at, severity="error"))
    it.wait(5.0)
    assert sorted((i.key, len(it.engine.state.alerts_of(i.id, AlertState.FIRING))) for i in it.engine.state.incidents.values()) == [
        ("check:prometheus/Full", 3), ("check:prometheus/Slow", 1),
    ]  # fmt: skip


def test_one_replica_that_ends_it_or_is_restarted_ends_nothing(plan: Plan) -> None:
    it = Through(plan)
    repeat(it, 130.0, A, B, severity="critical")
    it.post(alert("Full", it.at, lasts=-1.0, severity="critical"), sender=A)
    repeat(it, 1300.0, B, severity="critical")
    assert "resolved" not in it.kinds()
    it.post(alert("Full", it.at, lasts=-1.0, severity="critical"), sender=B)
    it.wait(330.0)
    assert it.kinds().count("resolved") == 1


def test_two_replicas_behind_one_address_do_not_flap(plan: Plan) -> None:
    """Their words cannot be told apart: what one ends, the other repeats within 65 s."""
    it = Through(plan)
    for _ in range(5):
        it.post(alert("Full", it.at, severity="critical"))
        it.wait(30.0)
        it.post(alert("Full", it.at, lasts=-1.0, severity="critical"))
        it.wait(35.0)
    assert it.kinds() == ["new"]


def test_what_flaps_within_five_minutes_is_told_once(plan: Plan) -> None:
    it = Through(plan)
    for _ in range(10):
        it.post(alert("Full", it.at, severity="critical"))
        it.wait(60.0)
        it.post(alert("Full", it.at, lasts=-1.0, severity="critical"))
        it.wait(200.0)
    assert {*it.kinds()} == {"new", "reminder"}
    it.wait(120.0)
    assert [kind for kind in it.kinds() if kind != "reminder"] == ["new", "resolved"]


def test_labels_of_replicas_are_no_part_of_the_alert(plan: Plan) -> None:
    it = Through(plan)
    it.post(alert("Full", it.at, severity="critical", replica="a"), sender=A)
    it.post(alert("Full", it.at, severity="critical", prometheus_replica="b"), sender=B)
    it.wait(5.0)
    assert len(it.probe.firing()) == 1


def test_a_post_without_it_ends_nothing_but_one_that_others_keep_coming_from_has_dropped_it(
    plan: Plan,
) -> None:
    """A rule that was removed sends no end, and its Prometheus goes on."""
    it = Through(plan)
    it.post(alert("Full", it.at, severity="critical"))
    repeat(it, 195.0, A, name="Other", severity="info")
    assert "resolved" not in it.kinds()
    repeat(it, 650.0, A, name="Other", severity="info")
    assert [str(p.kind) for _, p in it.pages if p.incident == "INC-1"] == ["new", "resolved"]


def test_where_its_only_sender_falls_silent_nobody_knows_whether_it_is_over(plan: Plan) -> None:
    it = Through(plan)
    repeat(it, 130.0, A, severity="critical")
    it.wait(600.0)
    assert it.kinds() == ["new", "unwatched"]
    assert not it.probe.held.alerts


def test_a_restart_of_ours_ends_nothing_and_pages_nothing_twice(plan: Plan) -> None:
    it = Through(plan)
    repeat(it, 130.0, A, B, severity="critical")
    it.restart()
    it.wait(65.0)
    repeat(it, 650.0, A, B, severity="critical")
    assert it.kinds() == ["new"]
    it.restart()
    for sender in (A, B):
        it.post(alert("Full", it.at, lasts=-30.0, severity="critical"), sender=sender)
    it.wait(330.0)
    assert it.kinds() == ["new", "resolved"]


def test_what_ended_while_we_were_away_is_resolved_by_its_repetition_though_nothing_was_kept(
    plan: Plan,
) -> None:
    it = Through(plan)
    repeat(it, 65.0, A, severity="critical")
    it.probe = Through(plan).probe
    it.post(alert("Full", it.at, lasts=-300.0, severity="critical"))
    it.wait(330.0)
    assert it.kinds() == ["new", "resolved"]


@pytest.mark.parametrize("behind", [200.0, 400.0, 3600.0])
def test_a_sender_whose_clock_is_behind(plan: Plan, behind: float) -> None:
    """Alertmanager takes such alerts for over before they begin."""
    it = Through(plan)
    begun = it.at - behind
    for _ in range(6):
        it.post(replace(alert("Full", it.at - behind, severity="critical"), starts_at=begun))
        it.wait(65.0)
    assert it.kinds() == ["new"]
    ended = it.at - behind - 5.0
    for _ in range(7):
        it.post(replace(alert("Full", it.at, severity="critical"), starts_at=begun, ends_at=ended))
        it.wait(65.0)
    assert it.kinds() == ["new", "resolved"]


def test_a_sender_that_evaluates_no_rules_is_taken_at_its_word(plan: Plan) -> None:
    it = Through(plan)
    it.post(alert("Add", it.at, lasts=None, generator="", severity="critical"))
    it.post(alert("Short", it.at, lasts=20.0, generator="", severity="critical"))
    it.wait(110.0)
    assert [one.labels["alertname"] for one in it.probe.firing()] == ["Add"]
    it.wait(500.0)
    assert it.kinds() == ["new", "new", "resolved", "resolved"]


def test_the_watchdog_pages_nobody_and_is_missed(plan: Plan) -> None:
    it = Through(plan)
    repeat(it, 650.0, A, name="Watchdog", severity="none")
    assert not it.pages
    it.probe._notes["heartbeat"] = True  # as `take` notes it, and a restart keeps it
    it.wait(600.0)
    [(_, page)] = [one for one in it.pages if str(one[1].kind) == "new"]
    assert page.message.title.en == "No data"


def test_a_silence_by_the_alerts_own_labels_holds_it_back_over_a_restart(plan: Plan) -> None:
    it = Through(plan)
    matchers = parse_matchers(['alertname="Full"', 'severity="critical"', 'instance=~"db-.*"'])
    it._feed(SilenceAsked(matchers, it.at, it.at + 7200.0, "li"))
    it.post(alert("Full", it.at, severity="critical", instance="db-1"))
    it.wait(5.0)
    it.restart()
    repeat(it, 390.0, A, severity="critical", instance="db-1")
    assert not [p for _, p in it.pages if p.incident == "INC-1"]


@pytest.mark.parametrize(
    ("matcher", "fits"),
    [('severity="critical"', True), ('severity="P1"', True), ('severity!="P1"', False), ('severity!="critical"', False),
     ('severity=~"P[23]"', False), ('alertname!="Full"', False), ('check="prometheus"', True)],
)  # fmt: skip
def test_both_severities_can_be_asked_for_and_neither_may_be_what_is_excluded(
    plan: Plan, matcher: str, fits: bool
) -> None:
    it = Through(plan)
    it._feed(SilenceAsked(parse_matchers([matcher, 'job="node"']), it.at, it.at + 7200.0, "li"))
    it.post(alert("Full", it.at, severity="critical", job="node"))
    it.wait(5.0)
    assert bool(it.pages) is not fits


def test_an_inhibition_of_theirs(tmp_path: Path) -> None:
    rules = f"""{RULES}
[[inhibit]]
name = "critical before warning"
source_matchers = ['severity="critical"']
target_matchers = ['severity="warning"']
equal = ["cluster"]
"""
    it = Through(plan_of(tmp_path, rules=rules))
    it.post(alert("Full", it.at, severity="critical", cluster="eu"))
    it.wait(10.0)
    it.post(alert("Slow", it.at, severity="warning", cluster="eu"), alert("Late", it.at, severity="warning", cluster="us"))  # fmt: skip
    it.wait(10.0)
    assert sorted(page.message.title.en for _, page in it.pages) == ["Full", "Late"]


def test_ten_thousand_alerts_are_held_as_many_as_there_is_room_for(plan: Plan) -> None:
    it = Through(plan)
    it.post(*(alert(f"Pod{n % 7}", it.at, severity="warning", pod=f"pod-{n}") for n in range(10_000)))
    it.wait(5.0)
    assert len(it.probe.firing()) == MOST + 7
    assert len(it.engine.state.incidents) == 7
    assert it.probe.held.refused == 0
    it.post(*(alert(f"Other{n}", it.at, severity="warning") for n in range(200)))
    assert len(it.probe.held.alerts) == MOST + FOLDED
    assert it.probe.held.refused == 200 - (FOLDED - 7)
    repeat(it, 1300.0, A, name="Pod0", severity="warning", pod="pod-0")
    it.wait(5.0)
    assert len(it.probe.held.alerts) == 1  # and there is room again
    changes = [d for d in it.decisions if isinstance(d, AlertChanged) and d.alert.state is AlertState.FIRING]
    assert len(changes) > MOST


def test_a_storm_is_one_page_a_person(plan: Plan) -> None:
    it = Through(plan)
    it.post(*(alert(f"Rule{n}", it.at, severity="critical") for n in range(40)))
    it.wait(330.0)
    assert len([page for _, page in it.pages if _asks(page)]) < 8


def _asks(page: Page) -> bool:
    return page.responder == "li"


def test_the_name_of_a_series_says_flow_and_group_whatever_else_it_holds() -> None:
    naming = AlertSeries(("flow", "service"), {"pay": "checkout"}, ("alertname", "cluster"))
    labels = {"alertname": "Full", "service": "pay", "cluster": 'e"u,flow="x"', "a": "\\" * 300}
    series = naming.named(labels)
    assert len(series) <= 180
    assert series != naming.named({**labels, "a": "\\" * 301})
    assert naming.flow_of(series) == "checkout"
    assert naming.group_of(series) == 'Full{cluster="e"u,flow="x""}'
    assert naming.flow_of(naming.named({"alertname": "Full"})) == ""


def test_an_alert_without_a_name() -> None:
    assert AlertSeries().named({"job": "x"}) == '{job="x"}'


def test_settings_that_are_wrong(tmp_path: Path) -> None:
    from watchtower.errors import ConfigError

    wrong = CHECKS.replace('"checkout" }', '"chekout" }\nmeasure = ["severity"]\notherwise = "P9"')
    with pytest.raises(ConfigError) as told:
        plan_of(tmp_path, checks=wrong)
    assert "P9" in str(told.value)
