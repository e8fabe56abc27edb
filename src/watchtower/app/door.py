"""The process's one listener. The application behind it changes with the daemon's role."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from watchtower.web.server import WebServer
from watchtower.web.tls import Certificate

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send


class Door:
    """Opened once, by whoever has something to answer first."""

    def __init__(
        self, listen: str, proxies: Sequence[str] = (), certificate: Certificate | None = None
    ) -> None:
        self.certificate = certificate
        self._server = WebServer(self, listen, proxies, certificate)
        self._app: ASGIApp | None = None

    async def open(self, app: ASGIApp) -> None:
        """Serves this application from now on. Raises UsageError when the address cannot be listened on."""
        first, self._app = self._app is None, app
        if first:
            await self._server.start()
        else:
            self._server.end_streams()

    async def look(self) -> None:
        """Takes a certificate that was exchanged; its files may be on a mount that hangs."""
        if self.certificate is not None:
            await asyncio.to_thread(self.certificate.look)

    async def wait(self) -> None:
        """Waits until the server has ended; raises its error."""
        await self._server.wait()

    async def close(self) -> None:
        if self._app is not None:
            await self._server.stop()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self._app is not None
        await self._app(scope, receive, send)
