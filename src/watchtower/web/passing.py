"""A daemon that stands by passes requests on to the leader, piece by piece, event streams too."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from httptools import HttpParserError, HttpResponseParser

from watchtower.trust import tls_context
from watchtower.web.peers import HEADER, ROLE, credential, target

KEPT_HEAD, HUNG_HEAD, HUNG = 3.0, 0.5, 5.0
"""Seconds for the head of an answer: of what can be kept instead, which a leader whose database is away answers after two;
and for so long after one that did not come."""
CONNECT, HEAD, PIECE, WHOLE, IDLE = 2.0, 8.0, 10.0, 60.0, 90.0
"""Seconds: for a connection, for the head of an answer, between two pieces of it, for the whole of it, and between two
events of a stream."""
_READ = 64 * 1024
_LARGEST_HEAD = 64 * 1024
_OF_THE_CONNECTION = set(
    b"connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer transfer-encoding "
    b"upgrade expect".split()
)
"""Headers that are between two neighbours, and not for whoever is behind them."""

Headers = Sequence[tuple[bytes, bytes]]


class Unreached(Exception):
    """The leader was not reached, or does not lead. `sent`: the request may have arrived, and may have been done."""

    def __init__(self, why: str, *, sent: bool) -> None:
        super().__init__(why)
        self.sent = sent


class Leader:
    """Where the leader is. `name` is what its certificate may say instead of an address, `own` our own certificate, which
    is often the same, and is trusted as an authority."""

    def __init__(self, url: str, key: bytes, name: str = "", own: Path | None = None) -> None:
        self.url, self.key, self._name, self._own = url, key, name, own
        parts = urlsplit(url)
        self.tls, self.host = parts.scheme == "https", parts.hostname or ""
        self.port = parts.port or (443 if self.tls else 80)
        self._context: ssl.SSLContext | None = None
        self._hung_until = 0.0

    async def ask(self, scope: Any, body: bytes, within: float = HEAD) -> LeaderAnswer:
        """Returns the answer as far as its head. Raises Unreached."""
        clock = asyncio.get_running_loop().time
        try:
            async with asyncio.timeout(CONNECT):
                reader, writer = await asyncio.open_connection(self.host, self.port, **await self._secured())
        except (OSError, TimeoutError, ValueError) as error:
            raise Unreached(_why(error, "connects to nobody"), sent=False) from None
        try:
            async with asyncio.timeout(HUNG_HEAD if clock() < self._hung_until else within):
                writer.write(_head(scope, self.key, len(body)) + body)
                await writer.drain()
                answer = LeaderAnswer(reader, writer, scope["method"] == "HEAD")
                await answer.begin()
        except BaseException as error:
            writer.transport.abort()
            if isinstance(error, TimeoutError):
                self._hung_until = clock() + HUNG
            if isinstance(error, (OSError, TimeoutError, HttpParserError)):
                raise Unreached(_why(error, "does not answer"), sent=True) from None
            raise
        self._hung_until = 0.0
        if any(name.lower() == ROLE for name, _ in answer.headers):
            answer.close()
            raise Unreached("does not lead", sent=False)
        return answer

    async def _secured(self) -> dict[str, Any]:
        if not self.tls:
            return {}
        if self._context is None:
            self._context = await asyncio.to_thread(self._trusting)
        by_name = self._name if _is_address(self.host) and self._name else self.host
        return {"ssl": self._context, "server_hostname": by_name}

    def _trusting(self) -> ssl.SSLContext:
        context = tls_context()
        if self._own is not None:
            context.load_verify_locations(self._own)
        return context


class LeaderAnswer:
    """An answer that is read while it comes. Its methods `on_…` are called by the parser."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, bare: bool) -> None:
        self.headers: list[tuple[bytes, bytes]] = []
        self.status = 0
        self._reader, self._writer, self._bare = reader, writer, bare
        self._pieces: deque[bytes] = deque()
        self._over, self._bounded = False, bare
        self._parser = HttpResponseParser(self)

    async def begin(self) -> None:
        read = 0
        while not self.status:
            read += await self._more()
            if read > _LARGEST_HEAD and not self.status:
                raise OSError("its head is too long")

    @property
    def streams(self) -> bool:
        return any(
            n.lower() == b"content-type" and v.startswith(b"text/event-stream") for n, v in self.headers
        )

    def passed(self) -> Headers:
        """The headers for whoever asked."""
        return [pair for pair in _passed(self.headers) if pair[0] != b"date"]  # the server adds its own

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """Raises OSError (TimeoutError is one) when it breaks off."""
        until = asyncio.get_running_loop().time() + WHOLE
        while True:
            while self._pieces:
                yield self._pieces.popleft()
            if self._over or self._bare:
                return
            now = asyncio.get_running_loop().time()
            async with asyncio.timeout(IDLE if self.streams else min(PIECE, until - now)):
                await self._more()

    def close(self) -> None:
        self._writer.transport.abort()

    async def _more(self) -> int:
        data = await self._reader.read(_READ)
        if data:
            self._parser.feed_data(data)
        elif self._bounded or not self.status:
            raise ConnectionResetError("it broke off")
        else:
            self._over = True  # its end is the connection's end
        return len(data)

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))
        self._bounded = self._bounded or name.lower() in (b"content-length", b"transfer-encoding")

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()

    def on_body(self, body: bytes) -> None:
        self._pieces.append(body)

    def on_message_complete(self) -> None:
        self._over = True


async def relay(answer: LeaderAnswer, scope: Any, receive: Any, send: Any) -> None:
    """Gives this answer to whoever asked, until it ends or they are gone."""
    if answer.streams:
        scope["extensions"]["watchtower.stream"]["begin"]()
    gone = asyncio.create_task(_disconnected(receive))
    passing = asyncio.create_task(_give(answer, send))
    try:
        await asyncio.wait({gone, passing}, return_when=asyncio.FIRST_COMPLETED)
        if passing.done():
            await passing
    finally:
        gone.cancel()
        passing.cancel()
        answer.close()


async def _give(answer: LeaderAnswer, send: Any) -> None:
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.passed()})
    async with aclosing(answer.pieces()) as pieces:
        try:
            async for piece in pieces:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        except OSError:
            if not answer.streams:  # half an answer must not look like a whole one
                raise
    await send({"type": "http.response.body", "body": b""})


async def _disconnected(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _head(scope: Any, key: bytes, length: int) -> bytes:
    headers = [pair for pair in _passed(scope["headers"]) if pair[0] not in (HEADER, b"content-length")]
    if length or scope["method"] not in ("GET", "HEAD"):
        headers.append((b"content-length", str(length).encode()))
    headers += [(b"connection", b"close"), (HEADER, credential(key, scope))]
    first = b"%s %s HTTP/1.1\r\n" % (scope["method"].encode(), target(scope))
    return first + b"".join(b"%s: %s\r\n" % pair for pair in headers) + b"\r\n"


def _passed(headers: Headers) -> Headers:
    named = {
        one.strip().lower() for name, value in headers if name == b"connection" for one in value.split(b",")
    }
    return [(name, value) for name, value in headers if name not in _OF_THE_CONNECTION | named]


def _why(error: BaseException, otherwise: str) -> str:
    return str(error) or otherwise


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
