"""SMS by a gateway's HTTP interface: what is sent, and what its answers mean."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from tests.channels.letters import letter
from tests.parts.certificates import Certificates
from tests.parts.child import free_port
from tests.parts.httpserver import Answer, Fault, HttpServer
from tests.parts.rude import Rude
from watchtower.channels.contract import Letter, Receipt
from watchtower.channels.kinds.sms.gateway import SmsGateway
from watchtower.errors import DeliveryError, DeliveryFault
from watchtower.model import Language, Text
from watchtower.page_kinds import PageKind

PHONE = "+8613800138000"
JSON = {"to": "{{ to }}", "text": "{{ text }}"}
TOKEN = "gateway-token-5f3c"


def to_phone(**changes: Any) -> Letter:
    return letter(to=PHONE, **changes)


def channel(server: HttpServer, path: str = "/sms", **settings: Any) -> SmsGateway:
    given = {"url": server.url(path), **settings}
    if not {"json", "form", "body", "query"} & set(given):
        given["json"] = JSON
    return SmsGateway(SmsGateway.Settings(**given))


async def send(to: SmsGateway, one: Letter | None = None) -> Receipt:
    async with aclosing(_closing(to)):
        return await to.send(one or to_phone())


async def _closing(to: SmsGateway) -> AsyncIterator[None]:
    yield
    await to.close()


async def refused(to: SmsGateway, one: Letter | None = None) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await send(to, one)
    return caught.value


async def test_the_message_is_posted_as_json_with_a_key_against_repetition(http_server: HttpServer) -> None:
    http_server.on("/sms", Answer.json({"code": "OK", "id": "m-17"}))
    told = await send(channel(http_server, success="code == 'OK'", reference="id", headers={"X-Key": TOKEN}))
    assert told.reference == "m-17"
    [request] = http_server.requests_to("/sms")
    sent = request.json()
    assert sent["to"] == PHONE
    assert sent["text"].startswith("[P1] Paylane Checkout: No requests")
    assert request.headers["idempotency-key"] == "INC-7.1.li.email"
    assert request.headers["x-key"] == TOKEN
    assert request.headers["content-type"] == "application/json"


async def test_a_name_that_is_not_ascii_does_not_break_the_key(http_server: HttpServer) -> None:
    http_server.on("/sms", Answer(204))
    await send(channel(http_server), replace(to_phone(), id="INC-7.1.李雷.sms"))
    assert http_server.wait_for("/sms").headers["idempotency-key"] == "INC-7.1.%E6%9D%8E%E9%9B%B7.sms"


HOSTILE = Text('x", "to": "+1900", "a": "{{ to }}\r\n\\', "x")


async def test_no_title_breaks_out_of_its_place_in_json(http_server: HttpServer) -> None:
    http_server.on("/sms", Answer(200))
    await send(
        channel(http_server, json={"to": "{{ to }}", "deep": [{"t": "{{ title }}"}], "n": 3}),
        to_phone(title=HOSTILE),
    )
    sent = http_server.wait_for("/sms").json()
    assert sent["to"] == PHONE
    assert sent["n"] == 3
    assert sent["deep"][0]["t"].endswith('x", "to": "+1900", "a": "{{ to }} \\')


@pytest.mark.parametrize(
    ("content_type", "template", "read"),
    [
        (
            "application/json; charset=utf-8",
            '{"to":"{{ to }}","t":"{{ title }}"}',
            lambda b: json.loads(b)["t"],
        ),
        (
            "text/xml",
            "<m><n>{{ to }}</n><t>{{ title }}</t></m>",
            lambda b: re.search("<t>(.*)</t>", b)[1].replace("&quot;", '"'),
        ),
    ],
)
async def test_no_title_breaks_out_of_its_place_in_a_text_body(
    http_server: HttpServer, content_type: str, template: str, read: Callable[[str], str]
) -> None:
    http_server.on("/sms", Answer(200))
    await send(
        channel(http_server, body=template, headers={"Content-Type": content_type}), to_phone(title=HOSTILE)
    )
    assert read(http_server.wait_for("/sms").body.decode()).endswith('x", "to": "+1900", "a": "{{ to }} \\')


async def test_a_form_carries_a_vendors_template_parameters_as_json_text(http_server: HttpServer) -> None:
    http_server.on("/sms", Answer(200))
    form = {
        "mobile": "{{ to_national }}",
        "template": "SMS_1234",
        "params": {"title": "{{ title }}", "status": "{{ status }}", "elapsed": "{{ elapsed }}"},
    }
    one = replace(to_phone(title=Text("x", "下单支付与清结算核心链路" * 4)), language=Language.ZH)
    await send(channel(http_server, form=form, country_code="+86", parameter_length=20), one)
    sent = http_server.wait_for("/sms").form()
    assert sent["mobile"] == "13800138000"
    params = json.loads(sent["params"])
    assert params["status"] == "无人认领"
    assert params["elapsed"] == "3 分 20 秒"
    assert len(params["title"]) <= 20


async def test_a_gateway_may_want_a_get_and_basic_authentication(http_server: HttpServer) -> None:
    http_server.on("/sms", Answer(200), method="GET")
    await send(
        channel(
            http_server,
            method="GET",
            query={"n": "{{ to_digits }}", "t": "{{ text }}"},
            username="u",
            password="pässword",
        )
    )
    request = http_server.wait_for("/sms")
    assert request.query["n"] == ["8613800138000"]
    assert request.headers["authorization"].startswith("Basic ")


RETRY, OTHER, ADDRESS, OURS, AMBIGUOUS = DeliveryFault


@pytest.mark.parametrize(
    ("status", "fault"),
    [
        (400, ADDRESS),
        (401, OURS),
        (403, OURS),
        (404, ADDRESS),
        (407, OURS),
        (408, RETRY),
        (425, RETRY),
        (429, RETRY),
        (500, RETRY),
        (503, RETRY),
        (504, AMBIGUOUS),
        (302, OURS),
    ],
)
async def test_an_http_status_says_what_follows(
    http_server: HttpServer, status: int, fault: DeliveryFault
) -> None:
    http_server.on("/sms", Answer(status, "because", {"Location": http_server.url("/elsewhere")}))
    error = await refused(channel(http_server))
    assert (error.code, error.fault) == (f"http {status}", fault)
    assert not http_server.requests_to("/elsewhere")


@pytest.mark.parametrize(
    ("status", "header", "low", "high"),
    [
        (429, "17", 17, 17),
        (503, format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True), 1, 3600),
        (429, format_datetime(datetime(2020, 1, 1, tzinfo=UTC), usegmt=True), 0, 0),
        (429, "999999", 3600, 3600),
    ],
    ids=["seconds", "date", "date gone by", "far too long"],
)
async def test_the_gateway_may_say_when_to_come_back(
    http_server: HttpServer, status: int, header: str, low: float, high: float
) -> None:
    http_server.on("/sms", Answer(status, "", {"Retry-After": header}))
    error = await refused(channel(http_server))
    assert error.retry_after is not None
    assert low <= error.retry_after <= high


@pytest.mark.parametrize("header", ["", "soon", "-3", "1e3", "٣"])
async def test_a_senseless_retry_after_is_none(http_server: HttpServer, header: str) -> None:
    http_server.on("/sms", Answer(429, "", {"Retry-After": header.encode().decode("latin-1")}))
    assert (await refused(channel(http_server))).retry_after is None


VERDICTS = {
    "success": "Code == 'OK'",
    "code": "Code",
    "faults": {"isv.MOBILE_*": "address", "isv.BUSY": "retry"},
}


@pytest.mark.parametrize(
    ("status", "body", "code", "fault"),
    [
        (
            200,
            {"Code": "isv.BUSINESS_LIMIT_CONTROL", "Message": "触发小时级流控"},
            "isv.BUSINESS_LIMIT_CONTROL",
            OTHER,
        ),
        (200, {"Code": "isv.SYSTEM_ERROR"}, "isv.SYSTEM_ERROR", RETRY),
        (200, {"Code": "isv.MOBILE_NUMBER_ILLEGAL"}, "isv.MOBILE_NUMBER_ILLEGAL", ADDRESS),
        (400, {"Code": "isv.BUSY"}, "isv.BUSY", RETRY),
        (400, {"Code": "isv.OTHER"}, "isv.OTHER", ADDRESS),
        (200, {"other": 1}, "http 200", RETRY),
        (200, [], "http 200", RETRY),
    ],
)
async def test_a_failure_inside_http_200_is_a_failure(
    http_server: HttpServer, status: int, body: object, code: str, fault: DeliveryFault
) -> None:
    http_server.on("/sms", Answer.json(body, status=status))
    error = await refused(channel(http_server, **VERDICTS))
    assert (error.code, error.fault) == (code, fault)


@pytest.mark.parametrize("body", [b"", b"<html>OK</html>", b"\xff\xfe", b'{"Code": "OK"'])
async def test_an_answer_that_cannot_be_read_is_no_success(http_server: HttpServer, body: bytes) -> None:
    http_server.on("/sms", Answer(200, body))
    error = await refused(channel(http_server, **VERDICTS))
    assert (error.code, error.fault) == (
        "unreadable",
        AMBIGUOUS,
    )  # so that delivery does not send it a hundred times


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault.HANG, "timeout"),
        (Fault.GARBAGE, "connect"),
        (Fault.RESET, "connect"),
    ],
)
async def test_of_a_connection_that_broke_after_the_request_nobody_knows_and_it_is_not_sent_again(
    http_server: HttpServer, fault: Fault, code: str
) -> None:
    http_server.on("/sms", Answer(200, "a long enough body" * 40, fault=fault))
    error = await refused(channel(http_server, timeout="600ms"))
    assert (error.code, error.fault) == (code, AMBIGUOUS)
    assert len(http_server.requests_to("/sms")) == 1


async def test_each_message_has_a_connection_of_its_own() -> None:
    """One that was kept may be closed by the far side just as it is used, and nobody would know what was read."""
    with Rude(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") as rude:
        to = SmsGateway(SmsGateway.Settings(url=rude.url("/sms"), json=JSON))
        for _ in range(3):
            await to.send(to_phone())
        await to.close()
        assert rude.connections == 3


async def test_nobody_listening_is_said_in_words_without_the_url() -> None:
    url = f"http://127.0.0.1:{free_port()}/send?key={TOKEN}"
    error = await refused(SmsGateway(SmsGateway.Settings(url=url, json=JSON)))
    assert (str(error), error.fault) == ("connect: cannot reach 127.0.0.1: connection refused", RETRY)


async def test_no_secret_comes_back_in_an_error(http_server: HttpServer) -> None:
    http_server.on(
        "/sms", lambda request: Answer(403, f"bad {request.headers['authorization']} {request.body.decode()}")
    )
    settings = {"headers": {"Authorization": f"Bearer {TOKEN}"}, "json": {**JSON, "key": "other-secret"}}
    to = SmsGateway(
        SmsGateway.Settings(url=http_server.url("/sms"), **settings),
        redact=lambda text: text.replace("other-secret", "***"),  # as the configuration's secrets do
    )
    error = await refused(to)
    assert TOKEN not in str(error)
    assert "other-secret" not in str(error)
    assert TOKEN not in repr(to._settings)


async def test_tls_is_verified(certificates: Certificates) -> None:
    with HttpServer(certificates.good) as server:
        server.on("/sms", Answer(200))
        error = await refused(channel(server))
        assert error.code == "tls"
        assert "certificate refused" in error.detail
        await send(channel(server, ca_file=str(certificates.authority)))
    with HttpServer(certificates.expired) as server:
        assert "expired" in (await refused(channel(server, ca_file=str(certificates.authority)))).detail


async def test_the_environments_proxy_is_not_used(
    http_server: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    http_server.on("/sms", Answer(200))
    await send(channel(http_server))


async def test_a_phone_of_ones_own_desk_is_a_file(tmp_path: Path) -> None:
    phone = tmp_path / "var" / "phone.txt"
    to = SmsGateway(SmsGateway.Settings(file=str(phone)))
    await send(to)
    await to.send(to_phone(kind=PageKind.RESOLVED))
    lines = phone.read_text().splitlines()
    assert lines[0] == "2026-11-22T14:43:10Z to +8613800138000 id INC-7.1.li.email"
    assert lines[1].startswith("[P1] Paylane Checkout")
    assert lines[4].startswith("[P0] Resolved after 42 min")


URL = "https://sms.example/send"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "give either url (a gateway) or file"),
        ({"url": URL, "json": JSON, "file": "x"}, "give either url (a gateway) or file"),
        ({"url": "ftp://x/", "json": JSON}, "is not an http:// or https:// URL"),
        ({"url": URL}, "there is none"),
        ({"url": URL, "json": JSON, "form": {}}, "there is json and form"),
        ({"url": URL, "body": "{{ text }}"}, "Content-Type"),
        ({"url": URL, "json": {"to": "{{ too }}"}}, 'nothing fills "{{ too }}": did you mean "to"?'),
        ({"url": URL, "json": JSON, "success": "Code = 'OK'"}, "not a JMESPath expression"),
        ({"url": URL, "json": JSON, "faults": {"x": "ours"}}, 'say where it is, as code = "Code"'),
        ({"url": URL, "json": JSON, "timeout": "1h"}, "less than or equal to 30"),
        ({"url": URL, "json": JSON, "max_segments": 0}, "greater than or equal to 1"),
        ({"url": URL, "json": JSON, "sucess": "x"}, "Extra inputs are not permitted"),
    ],
)
def test_wrong_settings_are_refused_with_a_reason(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        SmsGateway.Settings(**settings)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("address", "fine"),
    [
        (PHONE, True),
        ("+4915112345678", True),
        ("13800138000", False),
        ("+86 138 0013 8000", False),
        ("+0123456789", False),
        ("", False),
    ],
)
def test_a_phone_number_has_its_country_code(address: str, fine: bool) -> None:
    assert (SmsGateway.problem_of_address(address) is None) == fine
