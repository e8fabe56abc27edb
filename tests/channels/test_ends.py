"""Whatever a far side does, the exchange ends at its time, the socket is closed and the thread is back."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import replace
from typing import Any

import pytest

from tests.channels.letters import letter
from tests.parts.child import wait_until
from tests.parts.httpserver import Answer, HttpServer
from tests.parts.rude import Rude
from watchtower.channels.contract import Receipt
from watchtower.channels.kinds.email import EmailChannel
from watchtower.channels.kinds.sms.gateway import SmsGateway
from watchtower.channels.kinds.webhook import WebhookChannel
from watchtower.errors import DeliveryError, DeliveryFault

HEAD = b"HTTP/1.1 200 OK\r\n"
SOON = 30.0
"""Seconds that a call of half a second may take on a busy machine."""


async def post(url: str, **settings: Any) -> Receipt | DeliveryError:
    channel = WebhookChannel(WebhookChannel.Settings(**{"timeout": "500ms", **settings}))
    try:
        return await channel.send(replace(letter(), address=url))
    except DeliveryError as error:
        return error
    finally:
        await channel.close()


def threads() -> int:
    return sum(thread.name == "webhook" for thread in threading.enumerate())


@pytest.mark.parametrize(
    ("first", "then", "every", "code"),
    [
        (b"", b"", 0.05, "timeout"),
        (b"", b"H", 0.05, "connect"),
        (b"HTTP/1.1 20", b"0", 0.05, "timeout"),
        (HEAD, b"X-A: b\r\n", 0.05, "timeout"),
        (HEAD + b"X-A: ", b"b", 0.05, "timeout"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.05, "timeout"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000, 0.0, "connect"),
        (HEAD, b"X-A: " + b"b" * 60_000 + b"\r\n", 0.0, "connect"),
        (HEAD, b"X-A: b\r\n" * 1000, 0.0, "connect"),
        (b"HTTP/1.1 503 No\r\nContent-Length: 100000\r\n\r\n", b"x", 0.05, "http 503"),
        (b"HTTP/1.1 302 No\r\nLocation: /\r\nContent-Length: 100000\r\n\r\n", b"x", 0.05, "http 302"),
    ],
)
async def test_a_far_side_that_does_not_come_to_an_end(
    first: bytes, then: bytes, every: float, code: str
) -> None:
    with Rude(first, then, every) as rude:
        begun = time.monotonic()
        told = await post(rude.url())
        assert time.monotonic() - begun < SOON
        assert isinstance(told, DeliveryError)
        assert (told.code, told.permanent) == (code, False)
        assert code != "connect" or "127.0.0.1" in told.detail
        wait_until(lambda: rude.open == 0, "the connection is closed")
        wait_until(lambda: threads() == 0, "the thread is back")


ENDLESS = [
    (HEAD + b"Content-Length: 100000\r\n\r\n{", b" "),
    (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
    (HEAD + b"Content-Type: text/event-stream\r\n\r\n", b"data: x\n\n"),
    (HEAD + b"\r\n", b"x"),
]


@pytest.mark.parametrize(("first", "then"), ENDLESS)
async def test_a_success_whose_body_never_ends_is_one_by_its_status(first: bytes, then: bytes) -> None:
    with Rude(first, then) as rude:
        assert await post(rude.url(), timeout="10s") == Receipt(answer="http 200")
        wait_until(lambda: rude.open == 0, "the connection is closed")


@pytest.mark.parametrize(("first", "then"), ENDLESS)
async def test_with_a_success_to_be_read_nobody_can_tell(first: bytes, then: bytes) -> None:
    with Rude(first, then) as rude:
        told = await post(rude.url(), success="code == 'OK'")
    assert isinstance(told, DeliveryError)
    assert (told.code, told.fault) == ("unreadable", DeliveryFault.AMBIGUOUS)


@pytest.mark.parametrize(("first", "then"), [(b"", b""), (b"\x16\x03\x03\x40\x00", b"\x02")])
async def test_a_handshake_that_stalls(first: bytes, then: bytes) -> None:
    with Rude(first, then) as rude:
        begun = time.monotonic()
        told = await post(f"https://127.0.0.1:{rude.port}/", timeout="1500ms")
        assert isinstance(told, DeliveryError)
        assert (told.code, told.detail) == (
            "timeout",
            "127.0.0.1: no answer within 1.5 s, waited for the TLS handshake",
        )
        assert time.monotonic() - begun < SOON
        wait_until(lambda: rude.open == 0, "the connection is closed")


async def test_redirects_for_ever_are_not_begun(http_server: HttpServer) -> None:
    http_server.on("/a", Answer.redirect(http_server.url("/a")))
    told = await post(http_server.url("/a"))
    assert isinstance(told, DeliveryError)
    assert (told.code, len(http_server.requests_to("/a"))) == ("http 302", 1)


@pytest.mark.parametrize("body", [b"[" * 60_000, b'{"code":' * 8000, b"\x1f\x8b" + b"x" * 100, b"9" * 60_000])
async def test_an_answer_that_harms_its_reader_is_only_unreadable(
    http_server: HttpServer, body: bytes
) -> None:
    http_server.on("/a", Answer(200, body))
    told = await post(http_server.url("/a"), success="code == 'OK'", timeout="5s")
    assert isinstance(told, DeliveryError)
    assert told.code in ("unreadable", "http 200")
    assert await post(http_server.url("/a")) == Receipt(answer="http 200")


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"Content-Encoding": "gzip"}, b"no gzip"),
        ({"Content-Encoding": "br"}, b"\x00"),
        ({}, b"\xff\xfe\x00"),
    ],
)
async def test_a_success_that_cannot_be_read_was_taken(
    http_server: HttpServer, headers: dict[str, str], body: bytes
) -> None:
    http_server.on("/a", Answer(200, body, headers))
    assert await post(http_server.url("/a")) == Receipt(answer="http 200")
    told = await post(http_server.url("/a"), success="code == 'OK'")
    assert isinstance(told, DeliveryError)
    assert told.fault is DeliveryFault.AMBIGUOUS


async def test_a_connection_that_was_forgotten_meanwhile_costs_no_attempt() -> None:
    """What balancers do: an idle connection leads nowhere, and nobody says so."""
    with Rude(b"HTTP/1.1 204 No Content\r\n\r\n") as rude:  # on each connection once
        channel = WebhookChannel(WebhookChannel.Settings(timeout="1s"))
        for _ in range(2):
            assert (await channel.send(replace(letter(), address=rude.url()))).answer == "http 204"
            await asyncio.sleep(3.1)
        await channel.close()
        assert rude.connections == 2


async def test_a_status_above_too_many_headers_is_an_answer() -> None:
    head = b"".join(b"X-%d: a\r\n" % number for number in range(300))
    with Rude(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n{}") as rude:
        assert await post(rude.url()) == Receipt(answer="http 200")
        told = await post(rude.url(), success="code == 'OK'")
        assert isinstance(told, DeliveryError)
        assert told.fault is DeliveryFault.AMBIGUOUS
    with Rude(b"HTTP/1.1 503 no\r\n" + head + b"\r\n") as rude:
        told = await post(rude.url())
        assert isinstance(told, DeliveryError)
        assert told.code == "http 503"
    with Rude(b"HTTP/1.1 200 OK\r\n" + head * 200) as rude:  # it never ends
        told = await post(rude.url())
        assert isinstance(told, DeliveryError)
        assert told.code == "connect"


async def test_a_gateway_that_answers_in_gbk_is_understood(http_server: HttpServer) -> None:
    body = '{"code": "OK", "id": "m-1", "msg": "提交成功"}'.encode("gbk")
    http_server.on("/sms", Answer(200, body, {"Content-Type": "application/json; charset=GBK"}))
    channel = SmsGateway(
        SmsGateway.Settings(
            url=http_server.url("/sms"),
            json={"to": "{{ to }}", "t": "{{ text }}"},
            success="code == 'OK'",
            reference="id",
        )
    )
    assert (await channel.send(letter(to="+8613800138000"))).reference == "m-1"
    http_server.on(
        "/sms", Answer(400, '{"code":"余额不足"}'.encode("gbk"), {"Content-Type": "text/plain; charset=gbk"})
    )
    with pytest.raises(DeliveryError, match="余额不足"):
        await channel.send(letter(to="+8613800138000"))
    await channel.close()


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (b"", b""),
        (b"2", b"2"),
        (b"220-a\r\n", b"220-b\r\n"),
        (b"220 ok\r\n250-a\r\n", b"250-b\r\n"),
        (b"220 ok\r\n250 ok\r\n", b"250-MAIL\r\n"),
    ],
)
async def test_a_mail_server_that_drips(first: bytes, then: bytes) -> None:
    with Rude(first, then) as rude:
        channel = EmailChannel(
            EmailChannel.Settings(
                host="127.0.0.1", port=rude.port, security="none", sender="w@example.com", timeout="500ms"
            )
        )
        begun = time.monotonic()
        with pytest.raises(DeliveryError) as caught:
            await channel.send(letter())
        assert (caught.value.code, caught.value.permanent) == ("timeout", False)
        assert f"127.0.0.1:{rude.port}" in caught.value.detail
        assert time.monotonic() - begun < SOON
        await asyncio.sleep(0)
        await channel.close()
        await asyncio.to_thread(wait_until, lambda: rude.open == 0, "the connection is closed")
