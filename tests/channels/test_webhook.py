"""The page webhook: its JSON, its signature, its answers."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import time
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from tests.channels.letters import BANK_DOWN, SILENT, letter
from tests.parts.httpserver import Answer, Fault, HttpServer
from watchtower.channels.contract import Letter
from watchtower.channels.kinds.webhook import SIGNATURE, WebhookChannel
from watchtower.channels.page_body import page_body
from watchtower.channels.page_schema import PageBody, page_schema
from watchtower.errors import DeliveryError
from watchtower.model import Language, Severity
from watchtower.page_kinds import PageKind

ROOT = Path(__file__).resolve().parents[2]
KEY = "a-key-that-both-know"

Verify = Callable[[str, str, bytes], bool]


def verifier() -> Verify:
    """The receiver's code, as the documentation prints it."""
    text = (ROOT / "docs" / "channels" / "webhook.md").read_text(encoding="utf-8")
    [snippet] = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(snippet, "docs/channels/webhook.md", "exec"), names)  # noqa: S102 - our own documentation
    verify: Verify = names["verify"]
    return verify


async def send(server: HttpServer, one: Letter | None = None, **settings: Any) -> None:
    channel = WebhookChannel(WebhookChannel.Settings(**settings))
    try:
        await channel.send(replace(one or letter(), address=server.url("/page")))
    finally:
        await channel.close()


async def test_a_page_is_posted_with_what_a_program_needs_to_act(http_server: HttpServer) -> None:
    http_server.on("/page", Answer(202))
    await send(http_server, letter(PageKind.UPGRADE))
    request = http_server.wait_for("/page")
    body = request.json()
    assert request.headers["content-type"] == "application/json"
    assert request.headers["idempotency-key"] == body["id"] == "INC-7.2.li.email"
    assert body["version"] == 1
    assert body["dedup_key"] == "INC-7.li.email"
    assert (body["incident"], body["severity"], body["previous_severity"]) == ("INC-7", "P0", "P1")
    assert (body["kind"], body["reason"], body["status"]) == ("upgrade", "raised", "triggered")
    assert body["text"]["en"].startswith("[P0, up from P1] Paylane Checkout: No requests")
    assert body["text"]["zh"].startswith("[P0，由 P1 上调] 付道 下单支付：已 3 分 20 秒无请求")
    assert [reason["check"] for reason in body["because"]] == [
        "checkout-requests",
        "bank-gateway",
    ]  # worst first
    assert body["flow"] == "checkout"
    assert body["links"] == {
        "brief": "https://watch.example/incidents/INC-7",
        "ack": "https://watch.example/ack/Zk3vQ9xLm2pT7w",
    }
    assert (body["onset"], body["at"]) == ("2026-11-22T14:39:50.000Z", "2026-11-22T14:46:40.000Z")
    assert body["sop"]["url"] == "https://wiki.example/sop/flow-silent"


async def test_the_receivers_code_in_the_documentation_accepts_it_and_nothing_else(
    http_server: HttpServer,
) -> None:
    http_server.on("/page", Answer(200))
    await send(http_server, secret=KEY)
    request = http_server.wait_for("/page")
    header, verify = request.headers[SIGNATURE.lower()], verifier()
    assert verify(KEY, header, request.body)
    assert not verify("another-key", header, request.body)
    assert not verify(KEY, header, request.body.replace(b"P1", b"P4"))
    assert not verify(KEY, header.replace("t=1", "t=2"), request.body)
    assert not verify(KEY, "", request.body)
    assert not verify(KEY, "t=now,v1=00", request.body)


async def test_an_old_page_cannot_be_played_again(http_server: HttpServer) -> None:
    from watchtower.channels.kinds.webhook import sign

    verify = verifier()
    assert verify(KEY, sign(KEY.encode(), int(time.time()) - 10, b"{}"), b"{}")
    assert not verify(KEY, sign(KEY.encode(), int(time.time()) - 3600, b"{}"), b"{}")


async def test_without_a_secret_there_is_no_signature(http_server: HttpServer) -> None:
    http_server.on("/page", Answer(200))
    await send(http_server, headers={"X-Team": "payments"})
    headers = http_server.wait_for("/page").headers
    assert SIGNATURE.lower() not in headers
    assert headers["x-team"] == "payments"


async def test_a_repeated_attempt_has_the_same_body_and_key(http_server: HttpServer) -> None:
    http_server.on("/page", Answer(503), Answer(200))
    with pytest.raises(DeliveryError):
        await send(http_server)
    await send(http_server)
    first, second = http_server.requests_to("/page")
    assert first.body == second.body
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]


@pytest.mark.parametrize(
    ("status", "permanent"), [(410, True), (400, True), (429, False), (500, False), (307, False)]
)
async def test_an_answer_says_whether_another_attempt_makes_sense(
    http_server: HttpServer, status: int, permanent: bool
) -> None:
    http_server.on("/page", Answer(status, "no", {"Location": http_server.url("/other")}))
    with pytest.raises(DeliveryError) as caught:
        await send(http_server, secret=KEY)
    assert (caught.value.code, caught.value.permanent) == (f"http {status}", permanent)
    assert KEY not in str(caught.value)
    assert not http_server.requests_to("/other")


async def test_a_receiver_that_hangs_is_tried_again_later(http_server: HttpServer) -> None:
    http_server.on("/page", Answer(fault=Fault.HANG))
    with pytest.raises(DeliveryError) as caught:
        await send(http_server, timeout="300ms")
    assert (caught.value.code, caught.value.permanent) == ("timeout", False)


async def test_pages_go_out_over_the_connection_that_is_open_already() -> None:
    connections = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        with contextlib.suppress(asyncio.IncompleteReadError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                [length] = re.findall(rb"Content-Length: (\d+)", head)
                await reader.readexactly(int(length))
                writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        channel = WebhookChannel(WebhookChannel.Settings())
        for _ in range(5):
            await channel.send(replace(letter(), address=f"http://127.0.0.1:{port}/page"))
        assert connections == 1
        await channel.close()


@pytest.mark.parametrize("kind", PageKind)
@pytest.mark.parametrize("language", Language)
def test_every_page_keeps_the_published_shape(kind: PageKind, language: Language) -> None:
    body = json.loads(json.dumps(page_body(letter(kind, language, because=(BANK_DOWN, SILENT)))))
    TypeAdapter(PageBody).validate_python(body, strict=True)
    assert set(body) == set(page_schema()["properties"])


@given(at=st.floats(0, 4e9), severity=st.sampled_from(Severity), by=st.text(max_size=20))
def test_the_body_keeps_its_shape_whatever_the_message(at: float, severity: Severity, by: str) -> None:
    body = page_body(letter(at=at, severity=severity, acknowledged_by=by, because=(), sop=""))
    TypeAdapter(PageBody).validate_python(body, strict=True)


def test_the_published_schema_is_the_codes_own() -> None:
    published = json.loads((ROOT / "schemas" / "page.schema.json").read_text(encoding="utf-8"))
    assert published == page_schema(), "python -m tests.channels.golden writes it anew"


@pytest.mark.parametrize(
    ("address", "fine"),
    [
        ("https://hooks.example/page?key=1", True),
        ("http://127.0.0.1:8080/", True),
        ("hooks.example/page", False),
        ("file:///etc/passwd", False),
        ("https://", False),
        ("https://x:99999/", False),
        ("https://x/ y", False),
        ("https://[bad/", False),
    ],
)
def test_an_address_is_a_web_address(address: str, fine: bool) -> None:
    assert (WebhookChannel.problem_of_address(address) is None) == fine


async def test_the_recipe_for_ntfy_names_only_what_a_page_has(http_server: HttpServer) -> None:
    text = (ROOT / "docs" / "channels" / "webhook.md").read_text(encoding="utf-8")
    recipe = re.findall(r"```toml\n(.*?)```", text.partition("## ntfy")[2], re.DOTALL)[0]
    table = tomllib.loads(recipe)["channel"]["webhook"]["ntfy"]
    http_server.on("/page", Answer.json({"id": "sPs71M8A2T", "event": "message"}))
    await send(http_server, **table)
    request = http_server.wait_for("/page")
    assert request.headers["x-template"] == "yes"
    fields = re.findall(r"\{\{\.([\w.]+)\}\}", request.headers["x-title"] + request.headers["x-message"])
    assert fields
    for field in fields:
        value = request.json()
        for key in field.split("."):
            value = value[key]
        assert value
