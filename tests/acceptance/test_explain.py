"""`watchtower explain` asks the running daemon, and its store when that has ended."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.process import DaemonProcess
from tests.parts.child import wait_until

RULES = """
[[rule]]
name = "silent"
match = { check = "signups" }
when = "traffic.silent"
severity = "P1"
summary = "No sign-up for {{ silent_for }}"

[paging.P1]
roles = ["oncall"]
channels = ["email"]

[[responder]]
name = "li"
role = "oncall"
email = "li@example.com"

[channel.email]
mailbox = "var/mailbox"
"""
CHECKS = """
[[check]]
name = "signups"
probe = "push"
every = "300ms"
timeout = "200ms"
absent = "zero"

[check.detect]
zero_for = "2s"
expect_at_least = "600 per 1m"
"""


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[DaemonProcess]:
    made = DaemonProcess(tmp_path, RULES, {"signups.toml": CHECKS})
    yield made
    made.kill()


def test_of_the_running_daemon_and_of_its_store(daemon: DaemonProcess) -> None:
    daemon.start()

    def pushed() -> bool:
        daemon.post("/push/signups", {"requests": 5})
        body = json.loads(daemon.command("explain", "signups", "--json"))
        return body["last"] is not None and body["last"]["outcome"] == "up"

    wait_until(pushed, "a count that was taken up")
    body = json.loads(daemon.command("explain", "signups", "--json"))
    assert body["source"] == f"http://127.0.0.1:{daemon.port}"
    assert body["view"]["expected_per_second"] == pytest.approx(10.0, rel=0.5)
    rule = body["rules"][0]
    assert rule["pages"] == [{"responder": "li", "channel": "email"}]
    assert rule["state"] == "firing" or 0.0 <= rule["fires_after"] <= 3.0

    said = daemon.command("explain", "signups")
    assert f"from http://127.0.0.1:{daemon.port}" in said
    assert "pages li by email" in said
    assert 'there is no check "sign-ups"' in daemon.command("explain", "sign-ups", status=2)

    time.sleep(0.5)
    assert daemon.stop() == 0
    said = daemon.command("explain", "signups")
    assert "no daemon answers" in said
    assert "from the store var/watchtower.db" in said
    assert "silent (P1): traffic.silent" in said
