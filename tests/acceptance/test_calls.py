"""A P1 rings a phone through the real daemon: the key acknowledges, a reply does, and nobody else's request."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
import requests

from tests.acceptance.plans import check
from tests.acceptance.process import TOKEN, DaemonProcess
from tests.parts.child import wait_until
from tests.parts.httpserver import Answer, HttpServer, Request
from watchtower.signing.twilio import SIGNATURE, signature

ACCOUNT, AUTH, SECRET = "AC0123456789abcdef0123456789abcdef", "twilio-token-1", "callback-secret-123"
LI, STRANGER, OURS = "+8613800138000", "+8613800138001", "+15005550006"
TWILIO = f"""
provider = "twilio"
account_sid = "{ACCOUNT}"
auth_token = "${{AUTH}}"
callback_secret = "${{SECRET}}"
from = "{OURS}"
endpoint = "URL"
"""
RULES = f"""
[[rule]]
name = "down"
match = {{}}
when = 'outcome == "down"'
severity = "P1"
[[responder]]
name = "li"
role = "oncall"
voice = "{LI}"
sms = "{LI}"
language = "zh"
[channel.voice]
{TWILIO}
[channel.sms.abroad]
{TWILIO}
"""


@pytest.fixture
def daemon(tmp_path: Path, http_server: HttpServer) -> Iterator[DaemonProcess]:
    http_server.on("/bank", Answer(503))
    for what, sid in (("Calls", "CA1"), ("Messages", "SM1")):
        taken = Answer.json({"sid": sid, "status": "queued"}, status=201)
        http_server.on(f"/2010-04-01/Accounts/{ACCOUNT}/{what}.json", taken)
    rules = RULES.replace("URL", http_server.url("").rstrip("/"))
    environ = {"AUTH": AUTH, "SECRET": SECRET}
    made = DaemonProcess(tmp_path, rules, {"bank.toml": check(http_server.url("/bank"))}, environ)
    yield made
    made.kill()


QUEUE = "Alicom-Queue-1-VoiceCallReport"
BY_ALIBABA = f"""
[channel.voice]
provider = "alibaba"
access_key_id = "${{AUTH}}"
access_key_secret = "${{SECRET}}"
says = {{ zh = "TTS_1" }}
show_number = "057100001234"
pressed = {{ zh = "TTS_2" }}
queues = ["{QUEUE}"]
endpoint = "URL"
queue_endpoint = "URL"
queue_key_endpoint = "URL"
"""


def test_a_key_out_of_a_queue_acknowledges_without_an_open_port(
    tmp_path: Path, http_server: HttpServer
) -> None:
    key = {"call_id": "1^2", "status_code": "300000", "dtmf": "1", "out_id": "INC-1"}
    body = base64.b64encode(json.dumps(key).encode()).decode()
    message = f"<Messages><Message><ReceiptHandle>h</ReceiptHandle><MessageBody>{body}</MessageBody></Message></Messages>"
    token = {"AccessKeyId": "STS.1", "AccessKeySecret": "s", "SecurityToken": "t"}
    calls = []

    def alibaba(request: Request) -> Answer:
        calls.append(request.headers["x-acs-action"])
        return Answer.json({"Code": "OK", "CallId": "1^2", "MessageTokenDTO": token, "Data": "{}"})

    def queue(request: Request) -> Answer:
        if request.method == "DELETE" or "IvrCall" not in calls:
            return Answer(404)
        time.sleep(0.3)  # a person needs longer
        return Answer(200, message)

    http_server.on("/bank", Answer(503))
    http_server.on("/", alibaba)
    http_server.on(f"/queues/{QUEUE}/messages", queue)
    rules = (RULES.partition("[channel.voice]")[0] + BY_ALIBABA).replace(
        "URL", http_server.url("").rstrip("/")
    )
    rules = rules.replace(f'sms = "{LI}"\n', "")
    files = {"bank.toml": check(http_server.url("/bank"))}
    daemon = DaemonProcess(tmp_path, rules, files, {"AUTH": AUTH, "SECRET": SECRET})
    try:
        daemon.start()
        wait_until(lambda: acknowledged(daemon) == [("li", "voice")], "the key")
        assert {page["state"] for page in incident(daemon)["pages"]} == {"received"}
        assert 'watchtower_listener_up{channel="voice"} 1' in daemon.get("/metrics").text
    finally:
        daemon.kill()


def ask(url: str, key: str = AUTH, **form: str) -> requests.Response:
    """As Twilio does; the answer's words are `said`."""
    made = {SIGNATURE: signature(url, form.items(), key), "Content-Type": "application/x-www-form-urlencoded"}
    return requests.post(url, data=urlencode(form), headers=made, timeout=10)


def said(answer: requests.Response) -> str:
    assert answer.status_code == 200
    return "".join(ElementTree.fromstring(answer.content).itertext())  # noqa: S314 - the daemon's


def test_a_phone_rings_and_a_key_acknowledges(daemon: DaemonProcess, http_server: HttpServer) -> None:
    daemon.start()
    call = http_server.wait_for(f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json").form()
    [gather] = ElementTree.fromstring(call["Twiml"])  # noqa: S314 - the daemon's
    assert "严重" in "".join(gather.itertext())
    key, status = gather.attrib["action"], call["StatusCallback"]
    reply = status.replace("/voice/", "/sms.abroad/")

    assert ask(key, "forged", To=LI, Digits="1").status_code == 403
    assert "未执行" in said(ask(reply, From=STRANGER, To=OURS, Body="ACK 1"))
    assert "未执行" in said(ask(reply, From=LI, To=OURS, Body="收到 9"))
    assert said(ask(reply, From=LI, To=OURS, Body="what is this?")) == ""
    assert acknowledged(daemon) == []

    assert ask(status, CallSid="CA1", To=LI, CallStatus="completed").status_code == 200
    assert acknowledged(daemon) == [], "a mailbox takes calls too"
    assert said(ask(key, CallSid="CA1", To=LI, From=OURS, Digits="1")).startswith("已认领")
    assert acknowledged(daemon) == [("li", "voice")]
    assert said(ask(reply, From=LI, To=OURS, Body="ACK 1")).startswith("已认领"), "twice does no harm"

    states = {page["channel"]: page["state"] for page in incident(daemon)["pages"]}
    assert states["voice"] == "received"
    for secret in (AUTH, SECRET):
        assert secret not in daemon.log.read_text()


def incident(daemon: DaemonProcess) -> dict:
    wait_until(lambda: daemon.get("/api/v1/incidents/INC-1", token=TOKEN).status_code == 200, "the incident")
    return daemon.get("/api/v1/incidents/INC-1", token=TOKEN).json()


def acknowledged(daemon: DaemonProcess) -> list[tuple[str, str]]:
    return [
        (one["by"], one["detail"]) for one in incident(daemon)["timeline"] if one["kind"] == "acknowledged"
    ]
