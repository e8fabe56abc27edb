"""Webhooks of other monitors, as their documentation shows them: what begins, what ends, and what is not taken."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.probes.health.alerts_through import CHECKS, Through, plan_of
from watchtower.api.webhooks import read
from watchtower.core.plan import Plan
from watchtower.probes.webhook import DAY, TESTED

WEBHOOK = CHECKS.replace('"alertmanager"', '"webhook"')
ZABBIX = """
alerts = "@"
alert_id = "event_id"
alert_status = "value"
ended = ["0"]
alert_name = "trigger"
alert_severity = "severity"
alert_summary = "subject"
alert_labels = "{host: host, service: service}"
alert_link = "url"
"""
CLOUDWATCH = """
alerts = "@"
alert_id = "AlarmArn"
alert_status = "NewStateValue"
ended = ["OK"]
ignored = ["INSUFFICIENT_DATA"]
alert_name = "AlarmName"
alert_summary = "NewStateReason"
alert_labels = "Trigger.Dimensions[0].{instance: value}"
"""


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return plan_of(tmp_path_factory.mktemp("plan"), WEBHOOK)


def post(it: Through, document: Any, instance: str = "ours") -> list[str]:
    """What is wrong with it."""
    posted, _ = read(it.plan.checks["prometheus"].settings, json.dumps(document).encode(), it.at, instance)
    it.probe.take(posted.taken, "", it.at)
    return posted.wrong


def of(name: str, status: str = "firing", id: str = "", **labels: str) -> dict[str, Any]:
    """An alert of Alertmanager's webhook, version 4; Grafana's has more of the same."""
    return {
        "status": status, "labels": {"alertname": name, "severity": "critical", **labels},
        "annotations": {"summary": f"{name} is bad"}, "startsAt": "2018-08-03T09:52:26.739266876+02:00",
        "endsAt": "0001-01-01T00:00:00Z", "generatorURL": "http://prom.example:9090/graph", "fingerprint": id or name,
    }  # fmt: skip


def group(*alerts: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "version": "4",
        "groupKey": "{}:{}",
        "status": "firing",
        "receiver": "us",
        "alerts": list(alerts),
        **more,
    }


@pytest.fixture
def it(plan: Plan) -> Through:
    return taking(Through(plan))


def taking(it: Through) -> Through:
    """A probe whose notes are kept nowhere."""
    it.probe.take = lambda posted, address, at: [it.probe.held.take(one, address, at) for one in posted]  # type: ignore[method-assign, assignment]
    return it


def test_it_pages_at_the_beginning_and_at_the_end_of_its_own_id(it: Through) -> None:
    post(it, group(of("Full", id="a")))
    it.wait(60.0)
    post(it, group(of("Full", id="a"), of("Slow", id="b")))
    it.wait(60.0)
    assert it.kinds() == ["new", "new"]
    # A day without a word: nothing is over for that. Then a group whose own status is that of the worst of it.
    it.wait(DAY, step=600.0)
    post(it, group(of("Full", "resolved", id="a"), of("Slow", id="b"), status="firing"))
    it.wait(600.0)
    assert [kind for kind in it.kinds() if kind == "resolved"] == ["resolved"]
    post(it, group(of("Slow", "resolved", id="another"), status="resolved"))
    post(it, group(status="resolved"))
    it.wait(600.0)
    assert it.kinds().count("resolved") == 1, "no other id ends it, and no group without it"
    post(it, group(of("Slow", "resolved", id="b"), status="resolved"))
    it.wait(600.0)
    assert it.kinds().count("resolved") == 2


def test_posts_that_come_twice_or_late_change_nothing(it: Through) -> None:
    for _ in range(3):
        post(it, group(of("Full")))
    it.wait(10.0)
    assert it.kinds() == ["new"]
    for _ in range(3):
        post(it, group(of("Full", "resolved")))
        it.wait(330.0)
    assert it.kinds() == ["new", "resolved"]
    post(it, group(of("Never", "resolved")))
    assert "Never" not in "".join(it.probe.held.alerts)


def test_it_survives_a_restart_and_ends_after(it: Through) -> None:
    post(it, group(of("Full")))
    it.wait(10.0)
    it.restart()
    taking(it).wait(3600.0, step=60.0)
    assert set(it.kinds()) == {"new", "reminder"}
    post(it, group(of("Full", "resolved")))
    it.wait(330.0)
    assert it.kinds()[-1] == "resolved"


def test_what_nobody_ends_is_no_longer_watched_after_a_week(it: Through) -> None:
    post(it, group(of("Full")))
    it.wait(8 * DAY, step=3600.0)
    assert [kind for kind in it.kinds() if kind not in ("new", "reminder")] == ["unwatched"]


def test_an_id_with_other_labels_moves(it: Through) -> None:
    post(it, group(of("Full", id="a", severity="warning")))
    post(it, group(of("Full", id="a", severity="critical")))
    it.wait(330.0)
    assert [one.labels["severity"] for one in it.probe.firing()] == ["critical"]


def test_grafana_says_resolved_of_a_series_that_is_gone_and_we_do_not(it: Through) -> None:
    post(it, group(of("Full"), orgId=1, title="[FIRING:1]", state="alerting"))
    it.wait(10.0)
    gone = of("Full", "resolved")
    gone["annotations"]["grafana_state_reason"] = "MissingSeries"
    post(it, group(gone))
    it.wait(330.0)
    assert it.kinds() == ["new", "unwatched"]


def test_grafanas_button_test_pages_and_ends_by_itself(it: Through) -> None:
    post(it, group(of("TestAlert", instance="Grafana")))
    it.wait(10.0)
    assert it.kinds() == ["new"]
    it.wait(TESTED + 330.0)
    assert not it.probe.firing()


def test_zabbix_and_cloudwatch_by_a_mapping(tmp_path: Path) -> None:
    it = taking(Through(plan_of(tmp_path, WEBHOOK + ZABBIX)))
    body = {"event_id": 4711, "value": "1", "trigger": "Disk full", "severity": "Disaster", "subject": "Disk full on db-1",
            "host": "db-1", "service": "checkout-svc", "url": "https://zabbix.example/tr_events.php?eventid=4711"}  # fmt: skip
    assert post(it, body) == []
    it.wait(10.0)
    [(_, page)] = it.pages
    assert (str(page.message.severity), page.message.flow) == ("P1", "checkout")
    assert post(it, {**body, "value": "0", "severity": "Not classified", "subject": "Resolved"}) == []
    it.wait(330.0)
    assert it.kinds() == ["new", "resolved"]


def test_amazons_sns_carries_cloudwatch(tmp_path: Path) -> None:
    it = taking(Through(plan_of(tmp_path, WEBHOOK + CLOUDWATCH)))

    def sns(state: str) -> dict[str, Any]:
        alarm = {"AlarmName": "cpu", "AlarmArn": "arn:aws:cloudwatch:us-east-1:1:alarm:cpu", "NewStateValue": state,
                 "NewStateReason": "Threshold Crossed", "Trigger": {"Dimensions": [{"name": "InstanceId", "value": "i-1"}]}}  # fmt: skip
        return {
            "Type": "Notification",
            "TopicArn": "arn:aws:sns:us-east-1:1:alarms",
            "Message": json.dumps(alarm),
        }

    confirm = {
        "Type": "SubscriptionConfirmation",
        "TopicArn": "arn:x",
        "SubscribeURL": "http://169.254.169.254/",
    }
    assert post(it, confirm) == []
    for state in ("INSUFFICIENT_DATA", "ALARM", "INSUFFICIENT_DATA"):
        assert post(it, sns(state)) == []
        it.wait(10.0)
    assert it.kinds() == ["new"]
    post(it, sns("OK"))
    it.wait(330.0)
    assert it.kinds() == ["new", "resolved"]


def test_our_own_alert_that_comes_back_is_left_out(it: Through) -> None:
    ours = of("silent")
    ours["annotations"]["watchtower"] = "ours"
    post(it, group(ours, of("Full")))
    assert [one.labels["alertname"] for one in it.probe.firing()] == ["Full"]


BAD = [
    ({"alerts": "no list"}, "there is no list of objects at `alerts`"),
    ({}, "there is no list of objects at `alerts`"),
    ([1], "there is no list of objects at `alerts`"),
    ({"alerts": [{}] * 1001}, "more than 1000 alerts"),
]


@pytest.mark.parametrize(("document", "why"), BAD)
def test_what_holds_no_alerts_is_refused(it: Through, document: Any, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        post(it, document)


def test_one_that_cannot_be_read_does_not_keep_the_others(it: Through) -> None:
    wrong = post(
        it, group({"labels": {"alertname": "x"}}, {"status": "firing"}, of("Full"), truncatedAlerts=5)
    )
    assert wrong == [
        "alert 0: there is no status at `status`",
        "alert 1: there are no labels at `labels`, and no name at `labels.alertname`",
    ]
    assert len(it.probe.firing()) == 1


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["alerts", "status", "labels", "annotations", "fingerprint", "alertname", "startsAt", "generatorURL",
                         "TopicArn", "Message", "truncatedAlerts", "x"]), inner, max_size=6),
    max_leaves=25,
)  # fmt: skip


@given(JSON | st.binary(max_size=60))
def test_whatever_comes_is_taken_or_refused(plan: Plan, document: Any) -> None:
    it = taking(Through(plan))
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    try:
        posted, _ = read(plan.checks["prometheus"].settings, body, it.at, "ours")
    except ValueError:
        return
    it.probe.take(posted.taken, "", it.at)
    assert len(it.probe.readings(it.at)) <= 1 + len(posted.taken)
