"""A channel that watchtower does not know, in one file: configured, checked, paged through, counted."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.process import DaemonProcess
from tests.parts.child import wait_until
from tests.parts.httpserver import Answer, HttpServer

PAGE = (Path(__file__).parents[2] / "docs/channels/own.md").read_text("utf-8")
KEY = "pager-key-1234567890"
RULES = """
[[rule]]
name = "down"
match = {{}}
when = 'outcome == "down"'
severity = "P1"
[[responder]]
name = "li"
role = "oncall"
pager = "{address}"
[channel.pager.north]
url = "{url}/north"
key = "${{PAGER_KEY}}"
success = "taken"
[channel.pager.south]
url = "{url}/south"
key = "${{PAGER_KEY}}"
order = 1
"""
CHECK = '[[check]]\nname = "bank"\nprobe = "http"\nurl = "{url}"\nevery = "300ms"\ntimeout = "200ms"\n'


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """What pip leaves behind of the package on the page."""
    site = tmp_path / "site"
    info = site / "acme_pager-1.0.dist-info"
    info.mkdir(parents=True)
    [code] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    (site / "acme_pager.py").write_text(code, encoding="utf-8")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme_pager\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[watchtower.channels]\npager = acme_pager:Pager\n")
    path = os.pathsep.join(filter(None, (str(site), os.environ.get("PYTHONPATH", ""))))
    return {"PYTHONPATH": path, "PAGER_KEY": KEY}


@pytest.fixture
def daemon(tmp_path: Path, http_server: HttpServer, environment: dict[str, str]) -> Iterator[DaemonProcess]:
    http_server.on("/bank", Answer(503))
    http_server.on(
        "/north", lambda request: Answer.json({"taken": False, "you": request.headers["authorization"]})
    )
    http_server.on("/south", Answer(202))
    rules = RULES.format(url=http_server.url(""), address="4711")
    checks = {"bank.toml": CHECK.format(url=http_server.url("/bank"))}
    made = DaemonProcess(tmp_path / "home", rules, checks, environment)
    yield made
    made.kill()


def test_a_made_up_channel_pages_from_one_file(daemon: DaemonProcess, http_server: HttpServer) -> None:
    daemon.start()
    letter = http_server.wait_for("/south")
    assert b"pager=4711" in letter.body
    assert letter.headers["idempotency-key"] == http_server.wait_for("/north").headers["idempotency-key"]
    metrics = 'watchtower_page_attempts_total{channel="pager.south",outcome="delivered"} 1'
    wait_until(lambda: metrics in daemon.get("/metrics").text, "the page to be counted")
    assert 'channel="pager.north",outcome="failover"} 1' in daemon.get("/metrics").text
    wait_until(lambda: daemon.events("page_attempt"), "the attempt in the log")
    assert KEY not in daemon.log.read_text()
    assert (
        "pager"
        in daemon.get("/api/v1/incidents/INC-1", token=daemon.environment["WATCHTOWER_API_TOKEN"]).text
    )


def test_commands_know_it(daemon: DaemonProcess) -> None:
    assert "li (oncall): pager.north, pager.south" in daemon.command("check-config")
    assert '"pager"' in daemon.command("schema", "rules")
    rules = daemon.home / "rules.toml"
    rules.write_text(rules.read_text().replace('pager = "4711"', 'pager = "li"'))
    said = daemon.command("check-config", status=None)
    assert 'responder "li": pager: "li" is not the number of a pager, as "4711"' in said


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("1 / 0", "cannot be imported: ZeroDivisionError: division by zero"),
        ("class Pager: name = 'pager'", "Pager is no channel: it lacks Settings, traits, problem_of_address"),
    ],
)
def test_a_broken_package_is_named(daemon: DaemonProcess, tmp_path: Path, code: str, said: str) -> None:
    (tmp_path / "site" / "acme_pager.py").write_text(code)
    found = daemon.command("check-config", status=None)
    assert f'package acme_pager: channel "pager": {said}' in found
    assert "Traceback" not in found
