"""Counts wrong tokens: each address gets a few 401 a minute, then 429; the log gets a line, not a flood.

The right token always passes, also from an address that sent wrong ones: many people share an address, and a token
of 16 characters and more is not found by trying.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

from watchtower.logs import log

if TYPE_CHECKING:
    from starlette.requests import Request

A_MINUTE = 10
_ADDRESSES = 1000


class Attempts:
    """Counts by address, and starts again each minute."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._since = time.monotonic()

    def wrong(self, request: Request) -> None:
        """Counts one more. Raises ApiError (429) when it is one too many."""
        now = time.monotonic()
        if now - self._since >= 60.0 or len(self._counts) > _ADDRESSES:
            self._counts, self._since = Counter(), now
        address = request.client.host if request.client else ""
        self._counts[address] += 1
        count = self._counts[address]
        if count in (1, A_MINUTE + 1) or count % 1000 == 0:
            # Not the path of a link, which opens it.
            room = "/" + request.scope["path"].lstrip("/").partition("/")[0][:50]
            log.warning("access_refused", path=room, method=request.method, client=address, count=count)
        if count > A_MINUTE:
            from watchtower.api.responses import ApiError

            raise ApiError(429, "too many wrong tokens", "wait for a minute", headers={"Retry-After": "60"})
