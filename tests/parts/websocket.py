"""A WebSocket server on loopback, scripted: each connection runs the test's coroutine.

async def script(far: FarSide) -> None:
    await far.send('{"type": "hello"}')
    assert await far.receive() == "{}"

async with WebSocketServer(script) as server:
    ...                                      # server.url; server.asked: the request lines
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import ssl
from collections.abc import Awaitable, Callable
from typing import Any

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
CONTINUED, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10


class FarSide:
    """One connection as its server sees it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def send(self, message: str | bytes) -> None:
        """One whole message."""
        text = isinstance(message, str)
        data = message.encode() if isinstance(message, str) else message
        await self.send_frame(TEXT if text else BINARY, data)

    async def send_frame(self, opcode: int, data: bytes = b"", *, final: bool = True) -> None:
        """One frame, as it is said here."""
        size = len(data)
        head = bytes([opcode | 0x80 * final])
        if size < 126:
            head += bytes([size])
        else:
            head += b"\x7e" + size.to_bytes(2) if size < 65536 else b"\x7f" + size.to_bytes(8)
        self.writer.write(head + data)
        await self.writer.drain()

    async def receive_frame(self) -> tuple[int, bytes]:
        """The opcode and the payload, unmasked."""
        first, second = await self.reader.readexactly(2)
        assert second & 0x80, "a client must mask what it sends"
        size = second & 0x7F
        if size > 125:
            size = int.from_bytes(await self.reader.readexactly(2 if size == 126 else 8))
        mask = await self.reader.readexactly(4)
        data = await self.reader.readexactly(size)
        return first & 0x0F, bytes(byte ^ mask[i % 4] for i, byte in enumerate(data))

    async def receive(self) -> str | bytes:
        """The next message; pings and pongs are passed over."""
        while True:
            opcode, data = await self.receive_frame()
            if opcode == CLOSE:
                raise ConnectionResetError("the client has closed")
            if opcode in (TEXT, BINARY):
                return data.decode() if opcode == TEXT else data


Script = Callable[[FarSide], Awaitable[None]]


class WebSocketServer:
    """Used inside a test's event loop. `status` other than 101 refuses the upgrade; None never answers."""

    def __init__(self, script: Script, tls: ssl.SSLContext | None = None, status: int | None = 101) -> None:
        self._script, self._tls, self._status = script, tls, status
        self.asked: list[str] = []
        self._tasks: set[asyncio.Task[Any]] = set()

    async def __aenter__(self) -> WebSocketServer:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        self.port: int = self._server.sockets[0].getsockname()[1]
        self.url = f"wss://localhost:{self.port}/" if self._tls else f"ws://127.0.0.1:{self.port}/"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            head = await reader.readuntil(b"\r\n\r\n")
            self.asked.append(head.partition(b"\r\n")[0].decode())
            if self._status is None:
                await asyncio.Event().wait()
            if self._status != 101:
                writer.write(f"HTTP/1.1 {self._status} no\r\nContent-Length: 0\r\n\r\n".encode())
                return
            key = next(
                line.partition(b":")[2].strip()
                for line in head.split(b"\r\n")
                if line.lower().startswith(b"sec-websocket-key:")
            )
            accept = base64.b64encode(hashlib.sha1(key + _GUID).digest())  # noqa: S324 - RFC 6455 says SHA-1
            writer.write(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
            )
            await self._script(FarSide(reader, writer))
        writer.close()
        self._tasks.discard(task)
