"""Counts wrong tokens: each address gets a few 401 a minute, then 429; the log gets a line, not a flood.

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

A_MINUTE = 10
_ADDRESSES = 1000


class Attempts:
    """Counts by address, and starts again each minute."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._since = time.monotonic()

    def may_try(self, request: Request) -> None:
        """Raises ApiError (429) where this address has sent too many wrong ones this minute."""
        if self._counts[_address(request)] > A_MINUTE and time.monotonic() - self._since < 60.0:
            raise _too_many()

    def wrong(self, request: Request) -> None:
        """Counts one more. Raises ApiError (429) when it is one too many."""
        now = time.monotonic()
        if now - self._since >= 60.0 or len(self._counts) > _ADDRESSES:
            self._counts, self._since = Counter(), now
        address = _address(request)
        self._counts[address] += 1
        count = self._counts[address]
        if count in (1, A_MINUTE + 1) or count % 1000 == 0:
            # Not the path of a link, which opens it.
            room = "/" + request.scope["path"].lstrip("/").partition("/")[0][:50]
            log.warning("access_refused", path=room, method=request.method, client=address, count=count)
        if count > A_MINUTE:
            raise _too_many()


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _too_many() -> ApiError:
    from watchtower.api.responses import ApiError

    return ApiError(429, "too many wrong tokens", "wait for a minute", headers={"Retry-After": "60"})
