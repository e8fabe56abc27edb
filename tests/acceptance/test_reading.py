"""The daemon's configuration is read by a process of its own; whatever becomes of that, the plan in force stays."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests

from tests.acceptance.process import TOKEN, DaemonProcess
from tests.parts.child import wait_until

CHECK = """
[[check]]
name = "bank"
probe = "http"
url = "http://127.0.0.1:9/"
every = "1s"

[[check]]
name = "port"
probe = "tcp"
address = "127.0.0.1:9"
every = "1s"
"""
RULES = """
[[rule]]
name = "down"
match = {}
when = "outcome == 'down'"
severity = "P1"

[[responder]]
name = "li"
email = "li@example.com"

[channel.email]
mailbox = "var/mailbox"
"""
OWN = """
import os
import signal
from watchtower.probes import Probe, up

if os.environ.get("WATCHTOWER_DOOM") or os.path.exists("doom"):
    os.kill(os.getpid(), signal.SIGKILL)

class Own(Probe):
    kind = "own"
    facts = {}

    def probe(self):
        return up()
"""


@pytest.fixture
def daemon(tmp_path: Path) -> DaemonProcess:
    return DaemonProcess(tmp_path, RULES, {"a.toml": CHECK, "own.py": OWN}, anew=True)


def test_the_daemon_has_no_pydantic_in_it(daemon: DaemonProcess) -> None:
    daemon.start()
    try:
        wait_until(lambda: daemon.get("/readyz").status_code == 200, "ready")
        assert daemon.child is not None
        loaded = Path(f"/proc/{daemon.child.pid}/maps").read_text()
        assert "pydantic" not in loaded
        assert daemon.post("/-/reload").status_code == 200
        loaded = Path(f"/proc/{daemon.child.pid}/maps").read_text()
        assert "pydantic" not in loaded
    finally:
        daemon.kill()


def test_a_reader_that_is_killed_at_the_start_is_a_clear_error(daemon: DaemonProcess) -> None:
    (daemon.home / "doom").touch()
    daemon.start(wait=False)
    try:
        assert daemon.child is not None
        assert daemon.child.wait(60) == 2
        said = daemon.log.read_text()
        assert "rules.toml:1: cannot be read: its process was killed" in said
        assert "out of memory?" in said
        assert "nothing was started" in said
    finally:
        daemon.kill()


def test_a_reader_that_is_killed_at_a_reload_leaves_the_plan_in_force(daemon: DaemonProcess) -> None:
    daemon.start()
    try:
        wait_until(lambda: daemon.get("/readyz").status_code == 200, "ready")
        (daemon.home / "doom").touch()
        (daemon.home / "checks" / "a.toml").write_text(CHECK.replace('"bank"', '"bank-2"'))
        wait_until(lambda: daemon.events("configuration_refused"), "the reload")
        ready = requests.get(
            f"http://127.0.0.1:{daemon.port}/readyz", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=5
        )
        assert ready.status_code == 200
        assert ready.json()["plan"]["current"] is False
        assert "its process was killed" in str(ready.json()["plan"]["problems"])
        assert "its process was killed" in daemon.get("/").text
        assert "watchtower_config_last_reload_successful 0" in daemon.get("/metrics").text
        assert {check["name"] for check in daemon.get("/api/v1/checks").json()["checks"]} == {"bank", "port"}
        (daemon.home / "doom").unlink()
        assert daemon.post("/-/reload").status_code == 200
        assert daemon.get("/readyz").json()["plan"]["current"] is True
        assert {check["name"] for check in daemon.get("/api/v1/checks").json()["checks"]} == {
            "bank-2",
            "port",
        }
    finally:
        daemon.kill()
