"""The process's one listener. The application behind it changes with the daemon's role."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from watchtower.web.server import WebServer

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send


class Door:
    """Opened once, by whoever has something to answer first."""

    def __init__(self, listen: str, proxies: Sequence[str] = ()) -> None:
        self._server = WebServer(self, listen, proxies)
        self._app: ASGIApp | None = None

    async def open(self, app: ASGIApp) -> None:
        """Serves this application from now on. Raises UsageError when the address cannot be listened on."""
        first, self._app = self._app is None, app
        if first:
            await self._server.start()

    async def wait(self) -> None:
        """Waits until the server has ended; raises its error."""
        await self._server.wait()

    async def close(self) -> None:
        if self._app is not None:
            await self._server.stop()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self._app is not None
        await self._app(scope, receive, send)
