"""uvicorn inside the daemon's own loop: it takes no signals, and says when it dies."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

from watchtower.errors import UsageError

CONNECTIONS = 200
"""At once; beyond them the answer is 503. The board is for people, not for the world."""
GRACE = 5
"""Seconds that answers under way may take when the daemon stops."""


class _Server(uvicorn.Server):
    """Signals are the daemon's: it stops everything in its own order."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class WebServer:
    """`start` returns when it listens; `wait` only when it has ended; `stop` lets answers under way finish."""

    def __init__(self, app: ASGIApp, listen: str) -> None:
        self.listen = listen
        self._server = _Server(
            uvicorn.Config(
                app,
                loop="none",
                lifespan="off",
                ws="none",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                limit_concurrency=CONNECTIONS,
                timeout_graceful_shutdown=GRACE,
            )
        )
        self._task: asyncio.Task[None] | None = None
        self._port = 0

    @property
    def port(self) -> int:
        """The port it listens on, also where `listen` said 0."""
        return self._port

    async def start(self) -> None:
        """Raises UsageError when the address cannot be listened on."""
        listening = bind(self.listen)
        self._port = listening.getsockname()[1]
        self._task = asyncio.create_task(self._server.serve([listening]), name="web")
        listens = asyncio.create_task(self._server.listening.wait())
        await asyncio.wait({listens, self._task}, return_when=asyncio.FIRST_COMPLETED)
        listens.cancel()
        if self._task.done():
            await self._task

    async def wait(self) -> None:
        """Until the server has ended; raises what it died of."""
        if self._task is not None:
            await asyncio.shield(self._task)

    async def stop(self) -> None:
        self._server.should_exit = True
        await self.wait()


def bind(listen: str) -> socket.socket:
    """A socket on `HOST:PORT`, `:PORT` (every interface) or `[::1]:PORT`. Raises UsageError with a hint."""
    host, port = split(listen)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise UsageError(
            f"cannot listen on {listen}: {error.strerror or error} (WATCHTOWER_LISTEN)"
        ) from None
    listening.setblocking(False)
    return listening


def split(listen: str) -> tuple[str, int]:
    """`("127.0.0.1", 9464)` of `127.0.0.1:9464`. Raises UsageError."""
    host, colon, port = listen.rpartition(":")
    if not colon or not port.isdigit() or int(port) > 65535:
        raise UsageError(
            f'"{listen}" is not an address to listen on: write HOST:PORT, such as 127.0.0.1:9464'
        )
    return host.strip("[]") or "0.0.0.0", int(port)  # noqa: S104 - an empty host is asked for
