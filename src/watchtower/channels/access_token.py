"""The token that a vendor gives an application for its key and secret: kept until shortly before its end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from watchtower.errors import DeliveryError, DeliveryFault

_AHEAD = 300.0
"""Seconds before its end from which a token is not used any more."""


class AccessToken:
    """Owned by one event loop. `fetch` asks the vendor: the token, and for how many seconds it holds."""

    def __init__(self, fetch: Callable[[], Awaitable[tuple[str, float]]]) -> None:
        self._fetch = fetch
        self._token, self._until = "", 0.0
        self._asking = asyncio.Lock()

    async def get(self) -> str:
        """The token; who waits for it while it is fetched asks no second time. Raises what `fetch` does, but nothing that
        is ambiguous: without a token no message was sent."""
        async with self._asking:
            if time.monotonic() >= self._until:
                try:
                    self._token, seconds = await self._fetch()
                except DeliveryError as error:
                    if error.fault is DeliveryFault.AMBIGUOUS:
                        error.fault = DeliveryFault.RETRY
                    raise
                self._until = time.monotonic() + max(0.0, seconds - min(_AHEAD, seconds / 2))
            return self._token

    @asynccontextmanager
    async def used(self, void: tuple[str, ...]) -> AsyncIterator[str]:
        """The token for one call. After an error whose code begins with one of `void` the next call asks for another."""
        token = await self.get()
        try:
            yield token
        except DeliveryError as error:
            if error.code.startswith(void) and token == self._token:
                self._until = 0.0
            raise
