"""How one daemon tells another, which shares its store, for whom it passes a request on.

The other one answers as if that visitor had come to it: with their address, their scheme, and by the name of the host
that they asked. It believes this because the header is signed with a key from the store.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any, Protocol

from watchtower.api.porch import Application
from watchtower.core.incident.identity import TOLD_AS

HEADER = b"watchtower-peer"
ROLE = b"watchtower-role"
"""In the answer of a daemon that does not lead, to one that thought so."""


WHO_LEADS = "/api/v1/leading"
"""Asked by another daemon that is not sure whether it still leads."""


def credential(key: bytes, scope: Mapping[str, Any]) -> bytes:
    """The value of the header for this request."""
    host, port = scope.get("client") or ("", 0)
    whom = f"{scope['scheme']} {port} {host}"
    return f"{_signature(key, whom, scope)} {whom}".encode("latin-1", "replace")


def target(scope: Mapping[str, Any]) -> bytes:
    """The path and query as they were asked."""
    path: bytes = scope["raw_path"]
    query: bytes = scope["query_string"]
    return path + b"?" + query if query else path


def _signature(key: bytes, whom: str, scope: Mapping[str, Any]) -> str:
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    said = b"\n".join([whom.encode(), scope["method"].encode(), target(scope), *hosts])
    return hmac.new(key, said, "sha256").hexdigest()


def leads(key: bytes, epoch: int, asked: bytes) -> bytes:
    """The answer to this question: in which term its daemon leads, which nobody without the key can say."""
    return b"%d %s" % (epoch, hmac.new(key, b"%d %s" % (epoch, asked), "sha256").hexdigest().encode())


class LeadingDaemon(Protocol):
    """The daemon that leads, as this needs it."""

    def epoch(self) -> int:
        """Its term's."""

    def number(self, name: str) -> str:
        """The number of an incident that was told under this name before it had one; the name, where it has none."""

    def told(self, number: str) -> str:
        """The name of an incident while the store does not have its number; else the number."""

    def did(self, scope: Any, body: bytes) -> None:
        """A request that changes something was done."""


class Peers:
    """The application of a daemon that leads, for visitors and for other daemons."""

    def __init__(self, app: Application, key: bytes, daemon: LeadingDaemon) -> None:
        self._app, self._key, self._daemon = app, key, daemon

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            scope = self._numbered(self._believed(scope))
            if scope["path"] == WHO_LEADS and scope.get("state", {}).get("peer"):
                body = leads(self._key, self._daemon.epoch(), scope["query_string"])
                await send({"type": "http.response.start", "status": 200, "headers": []})
                await send({"type": "http.response.body", "body": body})
                return
            if scope["method"] == "POST":
                await self._noted(scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _noted(self, scope: Any, receive: Any, send: Any) -> None:
        """Answers it, and says what was done."""
        body = b""

        async def read() -> Any:
            nonlocal body
            message = await receive()
            body += message.get("body", b"")
            return message

        async def answer(message: Any) -> None:
            if message["type"] == "http.response.start" and message["status"] < 400:
                self._daemon.did(scope, body)
            await send(message)

        await self._app(scope, read, answer)

    def _numbered(self, scope: Any) -> Any:
        """An incident that the path names by its first name."""
        if (named := TOLD_AS.search(scope["path"])) is None:
            return scope
        number = self._daemon.number(named[0])
        raw = scope["raw_path"].replace(named[0].encode(), number.encode())
        return {**scope, "path": scope["path"].replace(named[0], number), "raw_path": raw}

    def _believed(self, scope: Any) -> Any:
        given = [value for name, value in scope["headers"] if name == HEADER]
        if not given:
            return scope
        scope = {**scope, "headers": [pair for pair in scope["headers"] if pair[0] != HEADER]}
        signature, _, whom = given[0].decode("latin-1").partition(" ")
        scheme, port, host = (*whom.split(" "), "", "", "")[:3]
        if not hmac.compare_digest(signature.encode(), _signature(self._key, whom, scope).encode()):
            return scope
        state = {**scope.get("state", {}), "peer": True}
        client = (host, int(port)) if host else None
        return {**scope, "client": client, "scheme": scheme, "state": state}
