"""`watchtower canary` sends test pages through the daemon's outbox, and says what became of them."""

from __future__ import annotations

import json
from pathlib import Path

from tests.acceptance.process import DaemonProcess
from tests.parts.httpserver import Answer, HttpServer

CHECK = '[[check]]\nname = "true"\nprobe = "command"\ncommand = ["true"]\nevery = "10s"\n'
RULES = """
[[rule]]
name = "down"
match = {{}}
when = "outcome == 'down'"
severity = "P2"
summary = {{ en = "down", zh = "不可用" }}

[[responder]]
name = "li"
role = "oncall"
webhook = "{0}/li"
sms = "+8613800000001"

[[responder]]
name = "wang"
webhook = "{0}/wang"

[channel.webhook]

[channel.sms]
url = "{0}/sms"
json = {{ to = "{{{{ to }}}}", text = "{{{{ text }}}}" }}
"""


def test_it_shows_what_each_receiver_said(tmp_path: Path, http_server: HttpServer) -> None:
    for path in ("/li", "/wang"):
        http_server.on(path, Answer(200))
    http_server.on("/sms", Answer(200, '{"id": "s-7"}'))
    it = DaemonProcess(tmp_path, RULES.format(http_server.url("").rstrip("/")), {"true.toml": CHECK}).start()
    try:
        told = it.command("canary", "--by", "li", "--json")
        pages = [json.loads(line) for line in told.splitlines()]
        assert [(p["responder"], p["channel"], p["state"]) for p in pages] == [
            ("li", "sms", "delivered"),
            ("li", "webhook", "delivered"),
            ("wang", "webhook", "delivered"),
        ]
        assert http_server.requests_to("/wang")[0].json()["kind"] == "test"
        http_server.on("/wang", Answer(410))
        told = it.command("canary", "wang", "--by", "li", status=1)
        assert told.startswith("wang  webhook    failed: ")
        assert "there is nobody" not in told
        assert "zhao has no address" in it.command("canary", "zhao", "--by", "li", status=1)
        assert [event["pages"] for event in it.events("canary")] == [3, 1]
    finally:
        it.kill()
