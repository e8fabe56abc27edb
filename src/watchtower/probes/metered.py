"""Connections to a PostgreSQL that is asked and not trusted. asyncpg buffers a message whole, whatever length it declares."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncpg

_MOST = 1 << 20
"""Bytes of one connection, TLS taken off: five hundred rows of two KiB, or 30 ms of the smallest messages."""


class TooMuch(ConnectionError):
    """The server sent more than the limit."""


def too_much(error: BaseException | None) -> TooMuch | None:
    """What asyncpg's error came from, or that of the transaction that could not be ended any more."""
    while error is not None and not isinstance(error, TooMuch):
        error = error.__cause__ or error.__context__
    return error


def metered_loop() -> Any:
    """The running loop for a client; each connection that it opens ends after so many bytes."""
    return _Loop(_MOST)


async def connected(dsn: str, timeout: float) -> asyncpg.Connection[Any]:
    """A new connection to a PostgreSQL, which ends after so many bytes."""
    import asyncpg

    return await asyncpg.connect(
        dsn, timeout=timeout, loop=metered_loop(),
        statement_cache_size=0,  # poolers in transaction mode know no prepared statements
        server_settings={"application_name": "watchtower"},  # the only one that poolers let pass
    )  # fmt: skip


@asynccontextmanager
async def read_only(connection: asyncpg.Connection[Any], within: float) -> AsyncIterator[None]:
    """A transaction that writes nothing. The server itself gives a statement up: else each run would leave a slow one
    behind."""
    async with connection.transaction(readonly=True):
        await connection.execute(f"SET LOCAL statement_timeout = {max(1, round(within * 1000))}")
        yield


class _Loop:
    def __init__(self, most: int) -> None:
        self._loop, self._most = asyncio.get_running_loop(), most

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loop, name)

    async def create_connection(self, factory: Callable[[], Any], *where: Any, **how: Any) -> tuple[Any, Any]:
        protocol = factory()
        transport, _ = await self._loop.create_connection(lambda: _Meter(protocol, self._most), *where, **how)
        return _Transport(transport, self._most), protocol

    async def start_tls(self, transport: Any, protocol: Any, context: Any, **how: Any) -> Any:
        plain = transport.plain
        made = await self._loop.start_tls(plain, plain.get_protocol(), context, **how)
        return made and _Transport(made, self._most)


class _Transport:
    """A transport whose next protocol is metered, too."""

    def __init__(self, plain: Any, most: int) -> None:
        self.plain, self._most = plain, most

    def __getattr__(self, name: str) -> Any:
        return getattr(self.plain, name)

    def set_protocol(self, protocol: Any) -> None:
        meter = _Meter(protocol, self._most)
        meter.transport = self.plain
        self.plain.set_protocol(meter)


class _Meter(asyncio.Protocol):
    """Passes data on up to the limit, then closes the connection."""

    def __init__(self, protocol: Any, most: int) -> None:
        self._protocol, self._most, self._left = protocol, most, most
        self.transport: Any = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._protocol, name)

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self._protocol.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        self._left -= len(data)
        if self._left >= 0:
            self._protocol.data_received(data)
        elif self.transport is not None:
            self.transport.abort()

    def eof_received(self) -> Any:
        return self._protocol.eof_received()

    def connection_lost(self, error: Exception | None) -> None:
        much = TooMuch(f"it sends more than {self._most} bytes") if self._left < 0 else error
        self._protocol.connection_lost(much)

    def pause_writing(self) -> None:
        self._protocol.pause_writing()

    def resume_writing(self) -> None:
        self._protocol.resume_writing()
