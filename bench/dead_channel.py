"""One P0 whose first channel is dead: seconds until its person is reached another way. `python -m bench.dead_channel` writes
the table of docs/delivery.md anew.

Each run is the real daemon with the product's own times: li has SMS by Alibaba Cloud, played on loopback, and besides either
another gateway of SMS or a webhook. The time is from the decision to page until the other receiver has the request.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import requests

from tests.acceptance.plans import check
from tests.acceptance.process import DaemonProcess
from tests.parts.child import free_port, wait_until
from tests.parts.httpserver import Answer, Fault, HttpServer, Request

DOCS = Path(__file__).resolve().parents[1] / "docs" / "delivery.md"
BEGINS, ENDS = "<!-- dead channel: python -m bench.dead_channel -->\n", "<!-- end of dead channel -->"
SECRET = "callback-secret-0123456789"
SECRETS = {"SMS_CN_KEY_ID": "LTAI-test-id", "SMS_CN_KEY": "test-secret-9", "SMS_CN_CALLBACK": SECRET}
PHONE = "+8613800138000"
RULES = """
[[rule]]
name = "down"
match = {{ probe = "http" }}
when = "outcome == 'down'"
severity = "P0"
summary = {{ en = "down", zh = "不可用" }}

[paging.P0]
roles = ["oncall"]
channels = ["sms"]

[channel.sms.cn]
provider = "alibaba"
order = 1
access_key_id = "${{SMS_CN_KEY_ID}}"
access_key_secret = "${{SMS_CN_KEY}}"
sign_name = "守望"
endpoint = "{endpoint}"
callback_secret = "${{SMS_CN_CALLBACK}}"
[channel.sms.cn.templates]
page = {{ zh = "T-1", en = "E-1" }}
reminder = {{ zh = "T-2", en = "E-2" }}
resolved = {{ zh = "T-3", en = "E-3" }}
notice = {{ zh = "T-4", en = "E-4" }}

[[responder]]
name = "li"
role = "oncall"
sms = "+8613800138000"
"""
GATEWAY = """
[channel.sms.abroad]
order = 2
url = "{other}"
json = {{ to = "{{{{ to }}}}", text = "{{{{ text }}}}" }}
"""
WAYS = {
    "another gateway of SMS": ("", GATEWAY),
    "another way, here a webhook": ('webhook = "{other}"', "[channel.webhook]"),
}
TAKEN = {"Code": "OK", "Message": "OK", "BizId": "9006^0", "RequestId": "r"}
ARREARS = {"Code": "isv.OUT_OF_SERVICE", "Message": "the account is in arrears", "RequestId": "r"}
DEATHS = {
    "refused: nobody listens": None,
    "silent: no answer": Answer(fault=Fault.HANG),
    "accepted, and reported as undelivered a second later": Answer.json(TAKEN),
    "in arrears": Answer.json(ARREARS),
}
PATIENCE = 120.0


def seconds(death: str, way: str, home: Path) -> float:
    """Until the other receiver has the page."""
    answer, (responder, channel) = DEATHS[death], WAYS[way]
    reached: list[float] = []
    with HttpServer() as server:
        server.on("/health", Answer(200))

        def take(request: Request) -> Answer:
            reached.append(time.time())
            return Answer.json({"code": "OK"})

        server.on("/other", take)
        dead = f"http://127.0.0.1:{free_port()}" if answer is None else server.url("").rstrip("/")
        rules = RULES.format(endpoint=dead)
        more = f"{responder}\n{channel}".format(other=server.url("/other"))
        daemon = DaemonProcess(home, rules + more, {"bank.toml": check(server.url("/health"))}, SECRETS)
        if answer is not None:
            server.on("/", _vendor(answer, daemon))
        try:
            daemon.start()
            server.on("/health", Answer(503))
            wait_until(lambda: reached, "li is reached", PATIENCE)
            first = next(e for e in daemon.events("notification_queued") if e["responder"] == "li")
            return reached[0] - datetime.fromisoformat(str(first["ts"])).timestamp()
        finally:
            daemon.kill()


def _vendor(answer: Answer, daemon: DaemonProcess) -> Callable[[Request], Answer]:
    def said(request: Request) -> Answer:
        if answer == DEATHS["accepted, and reported as undelivered a second later"]:
            report = {
                "phone_number": PHONE[1:], "success": False, "err_code": "MOBILE_NOT_ON_SERVICE",
                "biz_id": TAKEN["BizId"], "out_id": request.query.get("OutId", [""])[-1],
            }  # fmt: skip
            url = f"http://127.0.0.1:{daemon.port}/callbacks/sms.cn/{SECRET}"
            threading.Timer(1.0, lambda: requests.post(url, json=[report], timeout=30)).start()
        return answer

    return said


def main() -> None:
    lines = [f"| | {' | '.join(WAYS)} |", "|---" * (len(WAYS) + 1) + "|"]
    with TemporaryDirectory() as folder, ThreadPoolExecutor(1) as pool:
        found = {
            (death, way): pool.submit(seconds, death, way, Path(folder) / f"{number}-{n}")
            for number, death in enumerate(DEATHS)
            for n, way in enumerate(WAYS)
        }
        for death in DEATHS:
            cells = (f"{found[death, way].result():.1f} s" for way in WAYS)
            lines.append(f"| {death} | {' | '.join(cells)} |")
    text = DOCS.read_text("utf-8")
    before, _, rest = text.partition(BEGINS)
    written = "\n".join(lines)
    DOCS.write_text(f"{before}{BEGINS}\n{written}\n\n{ENDS}{rest.partition(ENDS)[2]}", "utf-8")
    print(written)


if __name__ == "__main__":
    main()
