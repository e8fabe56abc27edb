"""Answers as real servers give them when something is wrong with them, byte by byte."""

from __future__ import annotations

import asyncio
import gzip
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from tests.channels.letters import letter
from tests.parts.httpserver import HttpServer
from watchtower.channels.contract import Receipt
from watchtower.channels.kinds.webhook import WebhookChannel
from watchtower.errors import DeliveryError, DeliveryFault

OK = b"HTTP/1.1 200 OK\r\n"


@asynccontextmanager
async def answering(answer: bytes, *, reset: bool = False, close: bool = True) -> AsyncIterator[str]:
    """A server that gives this answer to every request, and then closes or resets the connection."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
                await reader.readexactly(length)
                writer.write(answer)
                await writer.drain()
                if reset:
                    await asyncio.sleep(0.05)
                    theirs = writer.get_extra_info("socket")
                    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                if close:
                    break
        except (OSError, asyncio.IncompleteReadError):
            pass
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/page"


async def send(url: str, times: int = 1, **settings: Any) -> list[Receipt | DeliveryError]:
    channel = WebhookChannel(WebhookChannel.Settings(**settings))
    told: list[Receipt | DeliveryError] = []
    for _ in range(times):
        try:
            told.append(await channel.send(replace(letter(), address=url)))
        except DeliveryError as error:
            told.append(error)
    await channel.close()
    return told


def code(told: Receipt | DeliveryError) -> str:
    return told.code if isinstance(told, DeliveryError) else told.answer


@pytest.mark.parametrize(
    ("answer", "plain", "judged"),
    [
        (b"HTTP/1.0 200 OK\r\n\r\n" + b'{"code":"OK"}', "http 200", "http 200"),
        (OK + b"Content-Length: 13\r\n\r\n" + b'{"code":"OK"}', "http 200", "http 200"),
        (OK + b"Content-Length: 99\r\n\r\n" + b'{"code":"OK"}', "http 200", "unreadable"),  # too short
        (OK + b"Transfer-Encoding: chunked\r\n\r\nd\r\n" + b'{"code":"OK"}', "http 200", "unreadable"),  # cut
        (OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nx", "http 200", "unreadable"),
        (OK + b"Content-Length: -1\r\n\r\n" + b'{"code":"OK"}', "http 200", "unreadable"),
        (OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"0" * 8_000_000), "http 200", "unreadable"),
        (
            b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
            + OK
            + b'Content-Length: 13\r\n\r\n{"code":"OK"}',
            "http 200",
            "http 200",
        ),
        (b"HTTP/1.1 204 No Content\r\n\r\n", "http 204", "unreadable"),
        (
            OK + b"Content-Length: 13\r\nContent-Length: 2\r\n\r\n" + b'{"code":"OK"}',
            "http 200",
            "unreadable",
        ),
        (OK + b"X: y\r\n" * 150 + b"\r\n", "http 200", "unreadable"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "connect", "connect"),
        (b"", "connect", "connect"),
        (b"HTTP/1.1 200", "connect", "connect"),
        (b"HTTP/1.1 429 Slow\r\nRetry-After: " + b"9" * 5000 + b"\r\n\r\n", "http 429", "http 429"),
    ],
)
async def test_an_odd_answer(answer: bytes, plain: str, judged: str) -> None:
    async with answering(answer) as url:
        [told] = await send(url)
        assert code(told) == plain
        [told] = await send(url, success="code == 'OK'")
        assert code(told) == judged
        assert not isinstance(told, DeliveryError) or not told.permanent


async def test_a_reset_after_the_whole_answer_is_no_failure_and_of_the_next_nobody_knows() -> None:
    async with answering(OK + b"Content-Length: 2\r\n\r\nok", reset=True) as url:
        first, second = await send(url, times=2)
    assert code(first) == "http 200"
    # It went over the connection that was kept, or saw in time that there is none.
    assert isinstance(second, Receipt) or second.fault is DeliveryFault.AMBIGUOUS


async def test_https_on_a_port_that_speaks_http_is_said_in_words(http_server: HttpServer) -> None:
    [told] = await send(http_server.url("/page").replace("http://", "https://"))
    assert isinstance(told, DeliveryError)
    assert (told.code, told.permanent) == ("tls", False)
