"""`POST /callbacks/CHANNEL/SECRET`, where vendors report."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field, replace

import pytest

from tests.web.conftest import Site
from tests.web.fake import FakeDaemon
from watchtower.channels.contract import CallbackAnswer, CallbackRefused, CallbackRequest
from watchtower.channels.listening import Press
from watchtower.fields import Secret

SECRET = "the-vendor-knows-it"


@dataclass
class _Settings:
    callback_secret: Secret


@dataclass
class Vendor:
    """What the daemon makes of requests: it keeps them, and says yes or no."""

    asked: list[tuple[str, CallbackRequest]] = field(default_factory=list)
    refuses: bool = False
    answer: CallbackAnswer = field(default_factory=lambda: CallbackAnswer(body=b'{"code":0}'))

    async def called_back(self, channel: str, request: CallbackRequest) -> CallbackAnswer:
        self.asked.append((channel, request))
        if self.refuses:
            raise CallbackRefused("the signature is wrong")
        return self.answer


@pytest.fixture
def vendor(daemon: FakeDaemon) -> Vendor:
    made = Vendor()
    channels = {"sms.cn": _Settings(Secret(SECRET)), "sms": _Settings(Secret("")), "email": object()}
    daemon.plan = replace(daemon.plan, channels=channels)
    daemon.called_back = made.called_back  # type: ignore[attr-defined]
    daemon.callback_url = lambda name: f"https://wt.example/callbacks/{name}/…"  # type: ignore[attr-defined]
    return made


async def test_the_vendor_hears_its_own_answer(site: Site, vendor: Vendor) -> None:
    body = b'[{"mobile":"1"}]'
    answer = await site.post(f"/callbacks/sms.cn/{SECRET}/status?a=1&a=2", data=body, headers={"X-Sign": "s"})
    assert (answer.status_code, answer.content) == (200, b'{"code":0}')
    assert answer.headers["Content-Type"] == "application/json"
    [(channel, asked)] = vendor.asked
    assert (channel, asked.body, asked.more, asked.query) == (
        "sms.cn",
        body,
        "status",
        (("a", "1"), ("a", "2")),
    )
    assert asked.headers["x-sign"] == "s"
    assert asked.url == "https://wt.example/callbacks/sms.cn/…/status?a=1&a=2"


@pytest.mark.parametrize("path", [f"sms.cn/{SECRET}x", "sms/", "sms/x", f"email/{SECRET}", f"voice/{SECRET}"])
async def test_nobody_else_is_heard(site: Site, vendor: Vendor, path: str) -> None:
    assert (await site.post(f"/callbacks/{path}", data=b"{}")).status_code == 404
    assert (await site.get(f"/callbacks/{path}")).status_code in (404, 405)
    assert vendor.asked == []


async def test_what_the_vendor_did_not_sign_is_refused(site: Site, vendor: Vendor) -> None:
    vendor.refuses = True
    answer = await site.post(f"/callbacks/sms.cn/{SECRET}", data=b"{}")
    assert (answer.status_code, answer.json()["detail"]) == (403, "not a report of this vendor")


async def test_who_tries_secrets_is_stopped_and_a_body_is_bounded(site: Site, vendor: Vendor) -> None:
    many = [(await site.post("/callbacks/sms.cn/guess", data=b"")).status_code for _ in range(12)]
    assert many[-1] == 429
    assert (await site.post(f"/callbacks/sms.cn/{SECRET}", data=b"{}")).status_code == 200
    assert (await site.post(f"/callbacks/sms.cn/{SECRET}", data=b"x" * 2_000_000)).status_code == 413


async def test_no_log_has_the_secret(site: Site, vendor: Vendor, json_log: io.StringIO) -> None:
    await site.post(f"/callbacks/sms.cn/{SECRET}", data=b"{}")
    await site.post("/callbacks/sms.cn/guess-of-a-secret", data=b"{}")
    said = json_log.getvalue()
    assert "/callbacks/…" in [json.loads(line).get("path") for line in said.splitlines()]
    assert SECRET not in said
    assert "guess-of-a-secret" not in said


async def test_who_presses_a_key_hears_what_came_of_it(
    site: Site, vendor: Vendor, daemon: FakeDaemon
) -> None:
    heard = []

    async def pressed(kind: str, press: Press) -> str:
        heard.append((kind, press))
        return "acknowledged"

    daemon.pressed = pressed  # type: ignore[attr-defined]
    vendor.answer = CallbackAnswer(press=Press("+49", "7"), say=lambda text: f"<Say>{text}</Say>".encode())
    answer = await site.post(f"/callbacks/sms.cn/{SECRET}", data=b"Digits=1")
    assert answer.content == b"<Say>acknowledged</Say>"
    assert heard == [("sms", Press("+49", "7"))]
