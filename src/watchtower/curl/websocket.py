"""A WebSocket by libcurl: outbound, for a far side that tells us what people press.

The handshake blocks, so it has a thread of its own and one deadline for name, proxy, TLS and upgrade together. From
then on the event loop waits for the socket, and every turn is short: whoever floods us does not hold the loop.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from functools import partial
from types import TracebackType
from typing import Any, Self

import certifi
import pycurl

from watchtower.curl.exchange import FetchError, Request
from watchtower.curl.handle import Transfer, failure, prepare, sentence
from watchtower.own_thread import own_thread

MOST_BYTES = 1 << 20
"""Bytes of the longest message that is taken."""
_CHUNK = 65536
_SLACK = 2.0
"""Seconds beyond its time after which a handshake is not waited for any more."""
_SEND_WITHIN = 10.0
_UPGRADED = 2
"""CURLOPT_CONNECT_ONLY: shake hands, upgrade, and leave the connection to us."""


class WebSocket:
    """One open connection. Text comes as `str`, binary as `bytes`; pings are answered by libcurl.

    Raises FetchError: `closed` when the far side says goodbye (its code and reason stand in the detail), `reset` when it
    is gone, `too_large` beyond `most_bytes`, `timeout`.
    """

    def __init__(self, handle: Any, most_bytes: int) -> None:
        self._handle, self._most = handle, most_bytes
        self._fd: int = handle.getinfo(pycurl.ACTIVESOCKET)
        self._loop = asyncio.get_running_loop()
        self._sending = asyncio.Lock()
        self._parts: list[bytes] = []
        """Of the message that is coming in: who stops waiting for it loses nothing."""
        self.heard = self._loop.time()
        """When the last frame came, a pong's too; by the loop's clock."""

    @classmethod
    async def connect(
        cls,
        url: str,
        *,
        timeout: float = 10.0,
        headers: Mapping[str, str] | None = None,
        ca_file: str = "",
        proxy: str = "",
        most_bytes: int = MOST_BYTES,
    ) -> Self:
        """Opens ws:// or wss://. Raises FetchError within `timeout` seconds; a refused upgrade is `protocol`."""
        if not url.lower().startswith(("ws://", "wss://")):
            raise FetchError("config", "not a ws:// or wss:// URL")
        request = Request(
            url, headers=headers or {}, timeout=timeout, ca_file=ca_file, proxy=proxy, keep_alive=True
        )
        transfer = Transfer(request, asyncio.get_running_loop().create_future(), 0.0)
        try:
            handle = await own_thread(partial(_opened, transfer), "websocket", timeout + _SLACK)
        except TimeoutError:
            raise FetchError("timeout", f"no WebSocket within {timeout:g} s") from None
        except OSError as error:
            raise FetchError("busy", f"no thread for a WebSocket: {error.strerror}") from None
        return cls(handle, most_bytes)

    async def receive(self) -> str | bytes:
        """The next whole message. May be cancelled and called again."""
        parts = self._parts
        while True:
            await asyncio.sleep(0)  # one that never stops sending has us one chunk a turn
            try:
                data, frame = self._open().ws_recv(_CHUNK)
            except BlockingIOError:
                await self._ready(self._loop.add_reader, self._loop.remove_reader)
                continue
            except pycurl.error as error:
                raise FetchError("reset", f"the connection is gone: {sentence(error)}") from None
            self.heard = self._loop.time()
            if frame.flags & (pycurl.WS_PING | pycurl.WS_PONG):
                continue
            if frame.flags & pycurl.WS_CLOSE:
                raise FetchError("closed", f"the receiver closes the connection: {_farewell(data)}")
            parts.append(data)
            if sum(map(len, parts)) + frame.bytesleft > self._most:
                raise FetchError("too_large", f"a message of more than {self._most} bytes")
            if frame.bytesleft or frame.flags & pycurl.WS_CONT:
                continue
            whole = b"".join(parts)
            parts.clear()
            if frame.flags & pycurl.WS_BINARY:
                return whole
            try:
                return whole.decode()
            except UnicodeDecodeError:
                raise FetchError("protocol", "a text message that is not UTF-8") from None

    async def send(self, message: str | bytes) -> None:
        """Sends one message; ends within ten seconds."""
        flags = pycurl.WS_TEXT if isinstance(message, str) else pycurl.WS_BINARY
        await self._send(message.encode() if isinstance(message, str) else message, flags)

    async def ping(self) -> None:
        """Sends a ping: a far side that has gone without a word is noticed by the kernel then."""
        await self._send(b"", pycurl.WS_PING)

    async def close(self) -> None:
        """Says goodbye, where that is possible at once, and lets the connection go."""
        handle, self._handle = self._handle, None
        if handle is None:
            return
        self._loop.remove_reader(self._fd)
        self._loop.remove_writer(self._fd)
        try:
            handle.ws_send((1000).to_bytes(2), pycurl.WS_CLOSE)
        except (pycurl.error, BlockingIOError):
            pass
        finally:
            handle.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _send(self, data: bytes, flags: int) -> None:
        try:
            async with asyncio.timeout(_SEND_WITHIN), self._sending:
                left = memoryview(data)
                while True:
                    try:
                        left = left[self._open().ws_send(left, flags) :]
                    except BlockingIOError:
                        await self._ready(self._loop.add_writer, self._loop.remove_writer)
                        continue
                    if not left:
                        return
        except pycurl.error as error:
            raise FetchError("reset", f"the connection is gone: {sentence(error)}") from None
        except TimeoutError:
            raise FetchError("timeout", f"the receiver takes nothing within {_SEND_WITHIN:g} s") from None

    async def _ready(self, add: Callable[..., Any], remove: Callable[[int], Any]) -> None:
        ready = asyncio.Event()
        add(self._fd, ready.set)
        try:
            await ready.wait()
        finally:
            if self._handle is not None:  # closed meanwhile: the number may be another's
                remove(self._fd)

    def _open(self) -> Any:
        if self._handle is None:
            raise FetchError("stopped", "the connection is closed")
        return self._handle


def _opened(transfer: Transfer) -> Any:
    """A handle after the upgrade; in its own thread."""
    handle, request = pycurl.Curl(), transfer.request
    try:
        prepare(handle, transfer, request.timeout, certifi.where())
        handle.setopt(
            pycurl.PROTOCOLS, pycurl.PROTO_ALL
        )  # it has no name for WebSocket; redirects are not followed
        handle.setopt(pycurl.CONNECT_ONLY, _UPGRADED)
        # Its time-out does not cover a far side that takes the request and never upgrades.
        end = time.monotonic() + request.timeout
        handle.setopt(pycurl.NOPROGRESS, 0)
        handle.setopt(pycurl.XFERINFOFUNCTION, lambda *_: time.monotonic() > end)
        handle.perform()
        handle.setopt(pycurl.NOPROGRESS, 1)
    except pycurl.error as error:
        code, text = int(error.args[0]), sentence(error)
        if code == pycurl.E_ABORTED_BY_CALLBACK:
            raise FetchError("timeout", f"no WebSocket within {request.timeout:g} s") from None
        raise failure(handle, request, code, text) from None
    return handle


def _farewell(data: bytes) -> str:
    said = data[2:].decode("utf-8", "replace")
    return f"{int.from_bytes(data[:2])} {said}".strip() if len(data) >= 2 else "without a reason"
