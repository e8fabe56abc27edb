"""How one daemon tells another, which shares its store, for whom it passes a request on.

The other one answers as if that visitor had come to it: with their address, their scheme, and by the name of the host
that they asked. It believes this because the header is signed with a key from the store.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any, Protocol

from watchtower.api.contract import StandingBy
from watchtower.api.porch import Application
from watchtower.core.incident.identity import TOLD_AS

HEADER = b"watchtower-peer"
ROLE = b"watchtower-role"
"""In the answer of a daemon that does not lead, to one that thought so."""


WHO_LEADS = "/api/v1/leading"
"""Asked by another daemon that is not sure whether it still leads, and told what people did there meanwhile."""
_LARGEST = 1024 * 1024


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


def taking(app: Application, daemon: StandingBy) -> Application:
    """The application of a daemon that stands by, which also takes what people did at one that leads."""

    async def answered(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and (scope["method"], scope["path"]) == ("POST", WHO_LEADS):
            await _answer(send, await daemon.take(await whole(receive)))
        else:
            await app(scope, receive, send)

    return answered


async def whole(receive: Any) -> bytes:
    """A request's body; of one that is too long its beginning, which nobody has signed."""
    body, more = b"", True
    while more and len(body) <= _LARGEST:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


async def _answer(send: Any, status: int, body: bytes = b"") -> None:
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": body})


class LeadingDaemon(Protocol):
    """The daemon that leads, as this needs it."""

    def epoch(self) -> int:
        """Its term's."""

    def number(self, name: str) -> str:
        """The number of an incident that was told under this name before it had one; the name, where it has none."""

    async def take(self, body: bytes, kept: bool) -> int:
        """Does what this signed deed says (app/deeds.py); `kept`: the store has it. Returns the status of the answer."""


class Peers:
    """The application of a daemon that leads, for visitors and for other daemons."""

    def __init__(self, app: Application, key: bytes, daemon: LeadingDaemon) -> None:
        self._app, self._key, self._daemon = app, key, daemon

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            scope = self._numbered(self._believed(scope))
            if scope["path"] == WHO_LEADS and scope["method"] == "POST":
                kept = bool(scope.get("state", {}).get("kept"))
                await _answer(send, await self._daemon.take(await whole(receive), kept))
                return
            if scope["path"] == WHO_LEADS and scope.get("state", {}).get("peer"):
                await _answer(send, 200, leads(self._key, self._daemon.epoch(), scope["query_string"]))
                return
        await self._app(scope, receive, send)

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
