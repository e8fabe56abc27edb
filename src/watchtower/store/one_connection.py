"""A connection to PostgreSQL beside the store's pool, for what has its own failures."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from watchtower.errors import StoreAway

ANSWER = 2.5
"""Seconds for one exchange with the database."""

T = TypeVar("T")


class OneConnection:
    """Opened when it is needed and dropped after any failure, which is a StoreAway."""

    def __init__(self, connect: Callable[[], Awaitable[Any]]) -> None:
        self._connect, self._turn = connect, asyncio.Lock()
        self._connection: Any = None

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()

    async def _run(self, work: Callable[[Any], Awaitable[T]]) -> T:
        async with self._turn:
            try:
                async with asyncio.timeout(ANSWER):
                    if self._connection is None or self._connection.is_closed():
                        self._connection = await self._connect()
                    return await work(self._connection)
            except BaseException as error:
                self.close()
                if isinstance(error, Exception):
                    raise StoreAway(f"{type(error).__name__}: {error}") from error
                raise
