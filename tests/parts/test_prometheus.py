"""A real Prometheus scrapes a target on loopback; promtool knows a clean exposition from a bad one."""

from __future__ import annotations

import json

from tests.parts.alertmanager import Alertmanager
from tests.parts.conditions import needs, started
from tests.parts.httpserver import Answer, HttpServer
from tests.parts.prometheus import Prometheus, check_metrics

CLEAN = "# HELP orders_total Orders taken.\n# TYPE orders_total counter\norders_total 42\n"
RULES = """\
groups:
  - name: test
    rules: [{alert: AlwaysOn, expr: vector(1), labels: {severity: P2}}]
"""


def test_it_scrapes(prometheus: Prometheus, http_server: HttpServer) -> None:
    http_server.on("/metrics", Answer(200, CLEAN, {"Content-Type": "text/plain; version=0.0.4"}))
    prometheus.scrape(f"127.0.0.1:{http_server.port}")
    [(labels, value)] = prometheus.wait_for("orders_total")
    assert value == 42
    assert labels["instance"] == f"127.0.0.1:{http_server.port}"


@needs("promtool", "prometheus")
def test_promtool_finds_what_is_wrong() -> None:
    assert check_metrics(CLEAN) == ""
    assert "counter metrics should have" in check_metrics(
        "# HELP orders Orders.\n# TYPE orders counter\norders 42\n"
    )


def test_its_alerts_reach_an_alertmanager_and_its_webhook(http_server: HttpServer) -> None:
    http_server.on("/hook", Answer(200))
    with (
        started(Alertmanager(webhook=http_server.url("/hook"))) as alertmanager,
        started(Prometheus(RULES, [f"127.0.0.1:{alertmanager.port}"])),
    ):
        message = http_server.wait_for("/hook").json()
        assert message["alerts"][0]["labels"]["alertname"] == "AlwaysOn"
        assert [alert["labels"]["severity"] for alert in alertmanager.alerts()] == ["P2"]
        assert (
            json.loads(alertmanager.amtool("alert", "query", "-o", "json"))[0]["labels"]["alertname"]
            == "AlwaysOn"
        )
