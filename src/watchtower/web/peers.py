"""How one daemon tells another, which shares its store, for whom it passes a request on.

The other one answers as if that visitor had come to it: with their address, their scheme, and by the name of the host
that they asked. It believes this because the header is signed with a key from the store.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

from watchtower.api.porch import Application

HEADER = b"watchtower-peer"
ROLE = b"watchtower-role"
"""In the answer of a daemon that does not lead, to one that thought so."""


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


class Peers:
    """The application of a daemon that leads, for visitors and for other daemons."""

    def __init__(self, app: Application, key: bytes) -> None:
        self._app, self._key = app, key

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            scope = self._believed(scope)
        await self._app(scope, receive, send)

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
