"""A budget on the running daemon: it outlives a kill, and what it holds back comes by webhook and says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.plans import check
from tests.acceptance.process import TOKEN, DaemonProcess
from tests.parts.child import wait_until
from tests.parts.httpserver import Answer, HttpServer

RULES = """
[storm]
window = "1s"
update_every = "2s"
[[rule]]
name = "down"
match = {{ probe = "http" }}
when = "outcome == 'down'"
severity = "P0"

[paging.P0]
channels = ["sms", "webhook"]
remind_every = "1s"

[channel.webhook]

[channel.sms]
url = "{url}/sms"
json = {{ to = "{{{{ to }}}}", text = "{{{{ text }}}}" }}
success = "Code == 'OK'"
code = "Code"
{budget}

[[responder]]
name = "li"
sms = "+8613800000000"
webhook = "{url}/li"
"""
CHECKS = ("bank", "shop")


@pytest.fixture
def home(tmp_path: Path, http_server: HttpServer) -> tuple[Path, HttpServer]:
    for name in CHECKS:
        http_server.on(f"/{name}", Answer(200, "ok"))
    http_server.on("/li", Answer(200, ""))
    http_server.on("/sms", Answer.json({"Code": "OK"}))
    return tmp_path, http_server


def daemon(home: Path, server: HttpServer, budget: str = "") -> DaemonProcess:
    checks = {f"{name}.toml": check(server.url(f"/{name}"), name) for name in CHECKS}
    return DaemonProcess(home, RULES.format(url=server.url(""), budget=budget), checks)


def told(server: HttpServer, path: str) -> int:
    return len(server.requests_to(path))


def notes(server: HttpServer) -> list[str]:
    return [str((request.json()["note"] or {}).get("en", "")) for request in server.requests_to("/li")]


def kinds(made: DaemonProcess, incident: str) -> list[str]:
    return [
        entry["kind"] for entry in made.get(f"/api/v1/incidents/{incident}", token=TOKEN).json()["timeline"]
    ]


def test_a_budget_outlives_a_kill(home: tuple[Path, HttpServer]) -> None:
    folder, server = home
    made = daemon(folder, server, 'budget = "tencent-sms"')
    try:
        made.start()
        server.on("/bank", Answer(503, "no"))
        wait_until(lambda: any("Not sent by SMS" in note for note in notes(server)), "a reminder by webhook")
        assert told(server, "/sms") == 1
        made.kill()
        made.start()
        counted = 'suppressed_total{reason="over_budget"} 0.0'
        wait_until(
            lambda: counted not in made.get("/metrics").text, "a reminder to be held back, and counted"
        )
        assert "over_budget" in kinds(made, "INC-1")
        assert "over budget 2/1d" in made.get("/incidents/INC-1").text
        assert told(server, "/sms") == 1
        server.on("/shop", Answer(503, "no"))
        wait_until(lambda: told(server, "/sms") == 2, "the first page of the second P0")
    finally:
        made.kill()


def test_a_number_that_had_enough_is_reached_another_way_at_once(home: tuple[Path, HttpServer]) -> None:
    folder, server = home
    server.on("/sms", Answer.json({"Code": "isv.DAY_LIMIT_CONTROL", "Message": "..."}))
    rules = RULES.format(url=server.url(""), budget="").replace('["sms", "webhook"]', '["sms"]')
    made = daemon(folder, server)
    (folder / "rules.toml").write_text(rules)
    try:
        made.start()
        server.on("/bank", Answer(503, "no"))
        wait_until(
            lambda: [r.json()["kind"] for r in server.requests_to("/li")][:2] == ["new", "reminder"], "both"
        )
    finally:
        made.kill()
