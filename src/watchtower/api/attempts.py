"""Counts wrong tokens: each client gets a few 401 a minute, then 429; the log gets a line, not a flood.

The right token always passes, also from an address that sent wrong ones: many people share an address, and a token
of 16 characters and more is not found by trying. A code of 8 characters might be, so it waits with the others.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

from watchtower.logs import log

if TYPE_CHECKING:
    from starlette.requests import Request

    from watchtower.api.responses import ApiError

A_MINUTE, OF_ONE_PEER = 10, 300
"""Wrong ones a minute of one client, and of all clients behind one peer, which may be a proxy."""
_CLIENTS = 1000


class Attempts:
    """Counts by client, and starts again each minute. Of a proxy that is not trusted (WATCHTOWER_TRUSTED_PROXIES) the last
    client that it names counts, so that one who guesses keeps no other from their link; what a client names falsely is
    bounded by the count of its peer."""

    def __init__(self) -> None:
        self._clients, self._peers = Counter[tuple[str, str]](), Counter[str]()
        self._since = time.monotonic()

    def may_try(self, request: Request) -> None:
        """Raises ApiError (429) where this client has sent too many wrong ones this minute."""
        if self._too_many(*_client(request)) and time.monotonic() - self._since < 60.0:
            raise _too_many()

    def wrong(self, request: Request) -> None:
        """Counts one more. Raises ApiError (429) when it is one too many."""
        now = time.monotonic()
        if now - self._since >= 60.0 or len(self._peers) > _CLIENTS:
            self._clients, self._peers, self._since = Counter(), Counter(), now
        if len(self._clients) > _CLIENTS:
            self._clients = Counter()
        peer, named = _client(request)
        self._peers[peer] += 1
        self._clients[peer, named] += 1
        count = self._clients[peer, named]
        if count in (1, A_MINUTE + 1) or self._peers[peer] % 1000 == 0:
            # Not the path of a link, which opens it.
            room = "/" + request.scope["path"].lstrip("/").partition("/")[0][:50]
            log.warning("access_refused", path=room, method=request.method, client=named or peer, count=count)
        if self._too_many(peer, named):
            raise _too_many()

    def _too_many(self, peer: str, named: str) -> bool:
        return self._clients[peer, named] > A_MINUTE or self._peers[peer] > OF_ONE_PEER


def _client(request: Request) -> tuple[str, str]:
    """The peer, and whom it names last as its client."""
    forwarded = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    return (request.client.host if request.client else ""), forwarded[:64]


def _too_many() -> ApiError:
    from watchtower.api.responses import ApiError

    return ApiError(429, "too many wrong tokens", "wait for a minute", headers={"Retry-After": "60"})
