"""A release night: a recurring maintenance window, a page from outside it, and a silence from a phone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.acceptance.plans import check, rules
from tests.acceptance.process import TOKEN, DaemonProcess
from tests.parts.child import wait_until
from tests.parts.httpserver import Answer, HttpServer
from tests.parts.phone import WIDTH, Phone

WINDOW = """
[[maintenance]]
name = "release night"
matchers = ['check="shop"', 'severity!="P0"']
from = "{begin:%Y-%m-%dT%H:%M}"
for = "23h"
rrule = "FREQ=DAILY"
announce = "off"
"""


@pytest.fixture
def night(tmp_path: Path, http_server: HttpServer) -> Iterator[DaemonProcess]:
    for name in ("shop", "bank"):
        http_server.on(f"/{name}", Answer(200, "ok"))
    http_server.on("/li", Answer(200, ""))
    window = WINDOW.format(begin=datetime.now(UTC) - timedelta(days=3, hours=1))
    text = rules(http_server.url("/li"), window, remind="1s", timeout="2s")
    checks = {f"{name}.toml": check(http_server.url(f"/{name}"), name) for name in ("shop", "bank")}
    made = DaemonProcess(tmp_path, text, checks).start()
    yield made
    made.kill()


def kinds(http_server: HttpServer, about: str) -> list[str]:
    """The kinds of the pages about this check that came, in order."""
    bodies = [request.json() for request in http_server.requests_to("/li")]
    return [body["kind"] for body in bodies if body["check"] == about]


def incident_of(night: DaemonProcess, about: str) -> str:
    found = [i for i in night.get("/api/v1/incidents").json()["incidents"] if i["key"] == f"check:{about}"]
    return str(found[0]["id"]) if found else ""


def test_a_release_night_is_quiet_and_a_phone_silences_the_rest(
    night: DaemonProcess, http_server: HttpServer, phone: Phone
) -> None:
    http_server.on("/shop", Answer(503, "release"))
    wait_until(lambda: incident_of(night, "shop"), "the incident in the window")
    http_server.on("/bank", Answer(503, "no"))
    wait_until(lambda: "reminder" in kinds(http_server, "bank"), "a reminder of what is outside the window")
    assert kinds(http_server, "shop") == []
    shop, bank = incident_of(night, "shop"), incident_of(night, "bank")
    assert "in_maintenance" in [e["kind"] for e in night.get(f"/api/v1/incidents/{shop}").json()["timeline"]]

    base = f"http://127.0.0.1:{night.port}"
    phone.open(f"{base}/")
    assert "release night until" in phone.text
    assert "a maintenance window holds pages back" in phone.text
    assert phone.value("document.documentElement.scrollWidth") <= WIDTH
    phone.open(f"{base}/incidents/{bank}")
    assert phone.value("document.documentElement.scrollWidth") <= WIDTH
    phone.tap(".alerts details summary")
    phone.type(".alerts form input[name=by]", "li")
    phone.type(".alerts form input[name=token]", TOKEN)
    phone.tap(".alerts form button")
    phone.wait_for("document.querySelector('.facts')?.innerText.includes('holds pages back')")
    assert "a silence holds pages back: S-1 (li)" in phone.text

    [one] = night.get("/api/v1/silences").json()["silences"]
    assert one["matchers"] == ['rule="down"', 'check="bank"']
    assert (one["by"], one["state"], one["alerts"], one["checks"]) == ("li", "active", 1, 1)
    suppressed = 'watchtower_pages_suppressed_total{reason="silenced"}'
    wait_until(lambda: f"{suppressed} 0.0" not in night.get("/metrics").text, "a reminder that is held back")
    before = kinds(http_server, "bank")

    night.kill()
    night.start()
    listed = night.command("silence", "list")
    assert "S-1 active until" in listed
    assert "maintenance release night active until" in listed
    assert kinds(http_server, "bank") == before

    phone.open(f"{base}/incidents/{bank}")
    phone.tap(".actions summary")
    phone.type(".actions input[name=by]", "li")
    phone.type(".actions input[name=token]", TOKEN)
    phone.tap(".actions button[formaction$=expire_silence]")
    wait_until(lambda: night.get("/api/v1/silences").json()["silences"] == [], "the end of the silence")
    wait_until(lambda: len(kinds(http_server, "bank")) > len(before), "the page after the silence")
    assert kinds(http_server, "bank")[len(before)] == "reminder"

    text = (night.home / "rules.toml").read_text()
    (night.home / "rules.toml").write_text(text.partition("[[maintenance]]")[0])
    assert night.post("/-/reload").status_code == 200
    wait_until(lambda: kinds(http_server, "shop"), "the page after the window")
    assert kinds(http_server, "shop")[0] == "new"
    http_server.on("/shop", Answer(200, "ok"))
    wait_until(lambda: "resolved" in kinds(http_server, "shop"), "the all-clear")
