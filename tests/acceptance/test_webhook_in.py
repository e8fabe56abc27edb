"""docs/probes/webhook.md on real parts: Alertmanager posts its webhooks to the daemon, which pages, and sends its own alerts back."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import requests

from tests.acceptance.plans import responder
from tests.acceptance.process import DaemonProcess
from tests.parts.alertmanager import Alertmanager
from tests.parts.child import free_port, wait_until
from tests.parts.conditions import started
from tests.parts.httpserver import Answer, HttpServer

TOKEN = "of-this-webhook-0123456789"
CHECKS = """
[[check]]
name = "am"
probe = "webhook"
token = "${AM_TOKEN}"
every = "500ms"

[[check]]
name = "bank"
probe = "http"
url = "http://127.0.0.1:%d"
every = "500ms"
timeout = "450ms"
"""
RULES = """
[channel.webhook]

[[rule]]
name = "down"
match = {{ probe = "http" }}
when = "outcome == 'down'"
severity = "P1"
summary = "down"

[forward]
alertmanagers = ["http://127.0.0.1:{port}"]
every = "5s"

[paging.P1]
roles = ["oncall"]
channels = ["webhook"]
"""


def test_alertmanagers_alert_is_paged_and_ours_does_not_come_back(tmp_path: Path) -> None:
    port = free_port()
    with HttpServer() as world:
        world.on("/hook", Answer(200))
        rules = RULES.format(port=port) + responder("li", "webhook", world.url("/hook"))
        daemon = DaemonProcess(tmp_path, rules, {"all.toml": CHECKS % free_port()}, {"AM_TOKEN": TOKEN})
        address = f"http://any:{TOKEN}@127.0.0.1:{daemon.port}/in/am"
        daemon.start()
        try:
            assert requests.post(f"{daemon.url}/in/am", json={"alerts": []}, timeout=10).status_code == 401
            assert daemon.post("/in/bank", {"alerts": []}).status_code == 404
            with started(Alertmanager(address, port)) as alertmanager:
                told = "--annotation=summary=The disk is full"
                alertmanager.amtool("alert", "add", "DiskFull", "severity=critical", told)
                said = "The disk is full"
                wait_until(
                    lambda: any(said.encode() in one.body for one in world.requests_to("/hook")), "their page"
                )
                wait_until(lambda: firing(daemon) == "1.0", "their alert")
                wait_until(
                    lambda: len(alertmanager.alerts()) == 2,
                    "our own alert there, which comes back by its webhook",
                )
                alertmanager.amtool("alert", "add", "DiskFull", "severity=critical", told, f"--end={now()}")
                wait_until(lambda: firing(daemon) == "0.0", "its end")
            assert not daemon.events("webhook_in_part")
        finally:
            daemon.kill()


def firing(daemon: DaemonProcess) -> str:
    """Alerts of others that fire."""
    found = re.search(
        r'^watchtower_check_measurement\{check="am",series="",name="alerts"\} (\S+)',
        daemon.get("/metrics").text,
        re.MULTILINE,
    )
    return found[1] if found else ""


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
