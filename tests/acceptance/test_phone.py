"""A phone at night: the link of a page, and the page of silences, through the real daemon and a real browser."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.plans import check, rules
from tests.acceptance.process import TOKEN, DaemonProcess
from tests.parts.child import wait_until
from tests.parts.httpserver import Answer, HttpServer
from tests.parts.phone import WIDTH, Phone
from watchtower.api.proofs import SOONEST

SOP = """
[sop.down]
title = "Bank"
steps = ["Look at the status page", "Call the bank"]
"""


@pytest.fixture
def night(tmp_path: Path, http_server: HttpServer) -> Iterator[DaemonProcess]:
    http_server.on("/bank", Answer(200, "ok"))
    http_server.on("/li", Answer(200, ""))
    text = rules(http_server.url("/li"), timeout="2s").replace(
        'severity = "P1"', 'severity = "P1"\nsop = "down"'
    )
    made = DaemonProcess(tmp_path, text + SOP, {"bank.toml": check(http_server.url("/bank"))})
    made.start()
    yield made
    made.kill()


def press(phone: Phone, selector: str, words: str) -> None:
    """Reads for a second, taps, and reads these words."""
    time.sleep(SOONEST)
    phone.tap(selector)
    phone.wait_for(
        f"document.readyState == 'complete' && document.querySelector('.done')?.innerText.includes('{words}')"
    )


def test_a_person_acts_by_the_link_of_a_page_alone(
    night: DaemonProcess, http_server: HttpServer, phone: Phone
) -> None:
    http_server.on("/bank", Answer(503, "no"))
    link = http_server.wait_for("/li").json()["links"]["ack"]
    phone.open(link)
    assert "You are li" in phone.text
    assert "A button for programs" not in phone.text
    assert phone.value("document.documentElement.scrollWidth") <= WIDTH
    sizes = phone.value(
        "[...document.querySelectorAll('.yours button, .yours summary')].filter(o => o.offsetParent).map(o => o.offsetHeight)"
    )
    assert min(sizes) >= 44
    press(phone, ".ack button", "You have acknowledged it")
    assert "Next: Look at the status page" in phone.text

    phone.tap(".can summary")  # the first one: a note
    phone.type(".can details[open] input", "rolled back 4.2")
    press(phone, ".can details[open] button", "li: rolled back 4.2")
    phone.value("location.reload()")
    phone.wait_for("document.readyState == 'complete' && document.body.innerText.includes('rolled back')")
    phone.value("history.back()")
    phone.wait_for("document.querySelector('.done')?.innerText.includes('You have acknowledged it')")

    incident = night.get("/api/v1/incidents").json()["incidents"][0]
    assert (incident["state"], incident["acknowledged_by"]) == ("acknowledged", "li")
    [note] = [
        e
        for e in night.get(f"/api/v1/incidents/{incident['id']}").json()["timeline"]
        if e["kind"] == "notes.note"
    ]
    assert note["by"] == "li"
    assert link.rpartition("/")[2] not in night.log.read_text()


def test_a_release_night_every_week_from_a_phone(
    night: DaemonProcess, http_server: HttpServer, phone: Phone
) -> None:
    phone.open(f"http://127.0.0.1:{night.port}/silences")
    assert "Nothing holds pages back" in phone.text
    assert phone.value("document.documentElement.scrollWidth") <= WIDTH
    phone.value(
        "document.querySelector('[name=subject]').value = 'check=\"bank\"';"
        "document.querySelector('[name=rrule]').value = 'FREQ=WEEKLY'"
    )
    phone.type(".new-silence [name=reason]", "release night")
    phone.type(".new-silence [name=by]", "li")
    phone.type(".new-silence [name=token]", TOKEN)
    phone.tap(".new-silence button")
    phone.wait_for("document.querySelector('.silences')?.innerText.includes('S-1')")
    assert "holds pages back now" in phone.text
    assert "every week on that day, " in phone.text
    http_server.on("/bank", Answer(503, "release"))
    wait_until(lambda: night.get("/api/v1/incidents").json()["incidents"], "the incident")
    assert http_server.requests_to("/li") == []

    night.kill()
    night.start()
    listed = night.command("silence", "list")
    assert "S-1 active until" in listed
    assert "FREQ=WEEKLY" in listed
    phone.open(f"http://127.0.0.1:{night.port}/silences")
    phone.tap(".silences summary")
    phone.type(".silences [name=by]", "li")
    phone.type(".silences [name=token]", TOKEN)
    phone.tap(".silences button")
    assert http_server.wait_for("/li").json()["kind"] == "new"
