"""Our alerts at a real Alertmanager, which is away at first, restarts, and is silenced; beside it an address where nobody is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.acceptance.plans import check, rules
from tests.acceptance.process import DaemonProcess
from tests.parts.alertmanager import Alertmanager
from tests.parts.child import free_port, wait_until
from tests.parts.conditions import started
from tests.parts.httpserver import Answer, HttpServer

FORWARD = """
[forward]
alertmanagers = ["http://127.0.0.1:{port}", "http://127.0.0.1:{closed}"]
every = "5s"
labels = {{ cluster = "eu" }}
severities = {{ P1 = "critical" }}
"""
LABELS = {"alertname": "down", "check": "bank", "severity": "critical", "cluster": "eu"}


def there(alertmanager: Alertmanager) -> list[Mapping[str, Any]]:
    """Its alerts that are not over; none while it is away."""
    return [one for one in alertmanager.alerts() if one["labels"] == LABELS]


def test_an_alert_goes_out_lasts_and_ends_with_restarts_on_both_sides(tmp_path: Path) -> None:
    port, closed = free_port(), free_port()
    with HttpServer() as world:
        world.on("/bank", Answer(503))
        world.on("/hook", Answer(200))
        forward = FORWARD.format(port=port, closed=closed)
        daemon = DaemonProcess(
            tmp_path, rules(world.url("/hook"), forward), {"bank.toml": check(world.url("/bank"))}
        )
        daemon.start()
        try:
            world.wait_for("/hook")  # nobody takes our alerts yet, and the page goes out
            up = f'watchtower_forward_up{{alertmanager="127.0.0.1:{port}"}}'
            wait_until(lambda: f"{up} 0.0" in daemon.get("/metrics").text, "what was not delivered is shown")
            with started(Alertmanager(port=port)) as alertmanager:
                wait_until(lambda: there(alertmanager), "the alert, once somebody takes it")
                [alert] = there(alertmanager)
                assert alert["generatorURL"] == f"{daemon.url}/incidents/INC-1"
                assert alert["annotations"]["incident"] == "INC-1"
                alertmanager.amtool("silence", "add", "alertname=down", "--comment", "ours", "--author", "li")
                wait_until(lambda: there(alertmanager)[0]["status"]["state"] == "suppressed", "its silence")
            with started(Alertmanager(port=port)) as alertmanager:  # with nothing of before
                wait_until(lambda: there(alertmanager), "the alert after its restart")
                daemon.kill()
                daemon.start()
                before = there(alertmanager)[0]["updatedAt"]
                wait_until(
                    lambda: there(alertmanager)[0]["updatedAt"] > before, "the alert after our restart"
                )
                assert len(there(alertmanager)) == 1
                world.on("/bank", Answer(200))
                wait_until(lambda: not there(alertmanager), "its end")
            said = daemon.get("/metrics").text
            assert f'watchtower_forward_up{{alertmanager="127.0.0.1:{closed}"}} 0.0' in said
            assert len(daemon.events("alerts_not_forwarded")) <= 6, "it says so when it changes"
            # Silenced there is not silenced here: the end was paged as the beginning was.
            wait_until(
                lambda: world.requests_to("/hook")[-1].json()["kind"] == "resolved", "the page of the end"
            )
        finally:
            daemon.kill()
