"""Databases of the sql probe: PostgreSQL, or an SQLite file. Read-only, in bounded time, at most so many
rows."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, unquote, urlsplit

from watchtower.probes.metered import connected, read_only, too_much
from watchtower.probes.network import failed
from watchtower.probes.traffic import CannotTell

Row = Mapping[str, Any]
_PLACE = re.compile(r"(?<![:\w]):(since|until)\b")
"""`:since` and `:until`, but not the `::type` of a cast."""


class QueryWindow(Protocol):
    """Given the database's clock, the instants that `:since` and `:until` stand for."""

    def __call__(self, now: datetime) -> tuple[datetime, datetime]: ...


class SqlSource(Protocol):
    """A database. Raises CannotTell when a query fails."""

    async def rows(self, query: str, window: QueryWindow, timeout: float, limit: int) -> Sequence[Row]: ...


def places(query: str) -> set[str]:
    """Which of `since` and `until` the query uses."""
    return set(_PLACE.findall(query))


class PostgresSource:
    """Times are bound as such; the zone is that of time stamps without one."""

    def __init__(self, dsn: str, zone: str, _curl: Any = None) -> None:
        self._dsn = dsn
        self._zone = zone
        parts = urlsplit(dsn)
        self._where = f"{parts.hostname}:{parts.port or 5432}"

    async def rows(self, query: str, window: QueryWindow, timeout: float, limit: int) -> Sequence[Row]:
        import asyncpg

        try:
            async with asyncio.timeout(timeout):
                return await self._asked(query, window, timeout, limit)
        except asyncpg.PostgresError as error:
            raise CannotTell(_reason(error.sqlstate or ""), f"{self._where}: {error}") from None
        except (OSError, TimeoutError, EOFError) as error:
            # asyncpg's words, without a number, for an answer to its offer of TLS that is none.
            if "SSL upgrade" in str(error):
                raise CannotTell("garbage", f"{self._where}: this is no PostgreSQL") from None
            reading = failed(error, self._where)
            raise CannotTell(reading.reason, reading.detail) from None
        except asyncpg.ClientConfigurationError as error:
            raise CannotTell("config", f"{self._where}: {error}") from None
        except CannotTell:
            raise
        except Exception as error:  # noqa: BLE001 - on bytes that are no PostgreSQL asyncpg raises anything
            raise CannotTell("garbage", f"{self._where}: {type(error).__name__}: {error}") from None

    async def _asked(self, query: str, window: QueryWindow, timeout: float, limit: int) -> Sequence[Row]:
        try:
            return await self._ask(query, window, timeout, limit)
        except Exception as error:
            if much := too_much(error):
                raise CannotTell("garbage", f"{self._where}: {much}") from None
            raise

    async def _ask(self, query: str, window: QueryWindow, timeout: float, limit: int) -> Sequence[Row]:
        connection = await connected(self._dsn, timeout)
        try:
            async with read_only(connection, timeout):
                await connection.execute("SELECT set_config('TimeZone', $1, true)", self._zone)
                text, names = _numbered(query)
                arguments = dict(
                    zip(("since", "until"), window(await connection.fetchval("SELECT now()")), strict=True)
                )
                cursor = await connection.cursor(text, *(arguments[name] for name in names))
                return [dict(row) for row in await cursor.fetch(limit)]
        finally:
            connection.terminate()


def filled(query: str, window: tuple[datetime, datetime], literal: Callable[[datetime], str]) -> str:
    """The query with literals in place of `:since` and `:until`."""
    times = dict(zip(("since", "until"), map(literal, window), strict=True))
    return _PLACE.sub(lambda found: times[found[1]], query)


def _numbered(query: str) -> tuple[str, list[str]]:
    """The query with `$1::timestamptz` in place of the first name, and the names in order of their numbers."""
    names: list[str] = []

    def place(found: re.Match[str]) -> str:
        if found[1] not in names:
            names.append(found[1])
        return f"${names.index(found[1]) + 1}::timestamptz"

    return _PLACE.sub(place, query), names


def _reason(sqlstate: str) -> str:
    """The reason by the class of the SQLSTATE (PostgreSQL documentation, appendix A)."""
    if sqlstate == "57014":
        return "timeout"
    if sqlstate.startswith(("22", "25", "42")):
        return "query"
    if sqlstate.startswith("08"):
        return "reset"
    return "credentials" if sqlstate.startswith("28") else "database"


class SqliteSource:
    """Times are bound as SQLite writes them: `2026-11-22 10:00:00.000`, UTC.

    With three slashes the path is below the working directory, as that of the store is; where no such file is, it is taken
    from the root.
    """

    def __init__(self, dsn: str, _zone: str = "", _curl: Any = None) -> None:
        self._path = unquote(urlsplit(dsn).path)[1:]

    async def rows(self, query: str, window: QueryWindow, timeout: float, limit: int) -> Sequence[Row]:
        return await asyncio.to_thread(self._ask, query, window, timeout, limit)

    def _ask(self, query: str, window: QueryWindow, timeout: float, limit: int) -> Sequence[Row]:
        path = next((one for one in (Path(self._path), Path("/", self._path)) if one.exists()), None)
        if path is None:
            raise CannotTell("absent", f"there is no file {self._path}")
        until = time.monotonic() + timeout
        times = zip(("since", "until"), map(_written, window(datetime.now(UTC))), strict=True)
        try:
            connection = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=timeout)
            try:
                connection.row_factory = sqlite3.Row
                connection.execute("PRAGMA query_only = ON")
                connection.set_progress_handler(lambda: time.monotonic() > until, 10_000)
                return [dict(row) for row in connection.execute(query, dict(times)).fetchmany(limit)]
            finally:
                connection.close()
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            late = code in (sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_BUSY)
            reason = "timeout" if late else "garbage" if code == sqlite3.SQLITE_NOTADB else "query"
            raise CannotTell(reason, f"{self._path}: {error}") from None


def _written(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
