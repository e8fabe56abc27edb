"""A press in a chat through the real daemon: heard, carried out, answered; and silent once the channel is gone."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.plans import check
from tests.acceptance.process import TOKEN, DaemonProcess
from tests.parts.child import wait_until
from tests.parts.httpserver import Answer, HttpServer
from tests.parts.telegram import TOKEN as BOT
from tests.parts.telegram import Telegram

RULES = """
[[rule]]
name = "down"
match = {{}}
when = 'outcome == "down"'
severity = "P1"
[[responder]]
name = "li"
role = "oncall"
telegram = "42"
language = "zh"
[[responder]]
name = "wu"
role = "finance"
telegram = "43"
[channel.telegram]
token = "${{BOT}}"
url = "{url}"
"""


@pytest.fixture
def daemon(tmp_path: Path, http_server: HttpServer) -> Iterator[DaemonProcess]:
    http_server.on("/bank", Answer(503))
    rules = RULES.format(url=http_server.url("").rstrip("/"))
    made = DaemonProcess(tmp_path, rules, {"bank.toml": check(http_server.url("/bank"))}, {"BOT": BOT})
    yield made
    made.kill()


def test_a_press_acknowledges(daemon: DaemonProcess, http_server: HttpServer) -> None:
    telegram = Telegram(http_server)
    daemon.start()
    page = http_server.wait_for(telegram.path("sendMessage")).json()
    button = page["reply_markup"]["inline_keyboard"][0][0]
    assert button["text"] == "认领"
    telegram.press(43, button["callback_data"])  # a colleague who was not asked
    telegram.press(42, button["callback_data"])
    wait_until(lambda: len(telegram.said) == 2, "both to be answered")
    assert telegram.said == [
        "Not done: you were not asked to take this incident, or it is not one of ours.",
        "已认领，由您负责处理，不再提醒。",
    ]
    incident = daemon.get("/api/v1/incidents/INC-1", token=TOKEN).json()
    assert "li" in json.dumps(incident)
    [entry] = [one for one in incident["timeline"] if one["kind"] == "acknowledged"]
    assert (entry["by"], entry["detail"]) == ("li", "telegram")
    assert 'watchtower_listener_up{channel="telegram"} 1' in daemon.get("/metrics").text
    assert daemon.get("/readyz").status_code == 200

    rules = daemon.home / "rules.toml"
    rules.write_text(rules.read_text().replace('token = "${BOT}"', 'token = "${BOT}"\nlisten = false'))
    daemon.signal(signal.SIGHUP)
    wait_until(lambda: "watchtower_listener_up{" not in daemon.get("/metrics").text, "nobody to listen")
    telegram.press(42, button["callback_data"])
    assert daemon.stop() == 0
    assert len(telegram.said) == 2
    assert BOT not in daemon.log.read_text()
