"""uvicorn inside the daemon's own loop: it takes no signals, and says when it dies."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import resource
import socket
from collections.abc import Iterator, Sequence
from typing import Any

from watchtower.api.porch import Application
from watchtower.errors import UsageError
from watchtower.imports import UVICORN, hollow
from watchtower.web.listener import Listener, Room
from watchtower.web.tls import Certificate, Handshake

with hollow(*UVICORN):
    from uvicorn.config import Config
    from uvicorn.server import Server

TICK = 1.0
"""Seconds between two updates of the date in answers. uvicorn itself updates it ten times a second."""
GRACE = 5
"""Seconds that answers under way may take when the daemon stops."""


class _Server(Server):
    """uvicorn's server without signal handlers, because the daemon stops everything in its own order."""

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.listening, self.ending = asyncio.Event(), asyncio.Event()

    async def main_loop(self) -> None:
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TICK):
                    await self.ending.wait()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class WebServer:
    """`start` returns when it listens; `wait` only when it has ended; `stop` lets answers under way finish."""

    def __init__(
        self,
        app: Application,
        listen: str,
        proxies: Sequence[str] = (),
        certificate: Certificate | None = None,
    ) -> None:
        """`proxies` are addresses and networks whose X-Forwarded-For and -Proto are believed."""
        self.listen = listen
        # Below that it tells of each malformed request: a line for whoever wants to fill the log.
        logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
        room = self._room = Room(resource.getrlimit(resource.RLIMIT_NOFILE)[0])

        def connected(*given: Any, **named: Any) -> Listener | Handshake:
            made = functools.partial(Listener, *given, room=room, **named)
            return made() if certificate is None else Handshake(made, room, certificate.context)

        self._server = _Server(
            Config(
                app,
                loop="none",
                lifespan="off",
                ws="none",
                log_config=None,
                access_log=False,
                server_header=False,
                http=connected,  # type: ignore[arg-type]  # uvicorn only calls it
                proxy_headers=bool(proxies),
                forwarded_allow_ips=list(proxies),
                limit_concurrency=None,
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
        """Waits until the server has ended; raises its error."""
        if self._task is not None:
            await asyncio.shield(self._task)

    def end_streams(self) -> None:
        """Ends what would go on for ever: the application behind it ends, or is another one now."""
        self._room.end_streams()

    async def stop(self) -> None:
        self.end_streams()
        self._server.should_exit = True
        self._server.ending.set()
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
