"""MySQL and MariaDB as databases of the sql probe."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from watchtower.probes.mysql_connection import PORT, begin_reading, connected, failure, rows_of
from watchtower.probes.sql_sources import QueryWindow, Row, filled
from watchtower.probes.traffic import CannotTell


class MysqlSource:
    """Times are written as `TIMESTAMP'2026-11-22 18:00:00.000000'` in the check's zone, which is the session's, too: right
    for DATETIME, and for TIMESTAMP."""

    def __init__(self, dsn: str, zone: str, _curl: Any = None) -> None:
        self._dsn, self._zone = dsn, ZoneInfo(zone)
        parts = urlsplit(dsn)
        self._where = f"{parts.hostname}:{parts.port or PORT}"

    async def rows(self, query: str, window: QueryWindow, timeout: float, limit: int) -> Sequence[Row]:
        try:
            async with asyncio.timeout(timeout), connected(self._dsn) as connection:
                await begin_reading(connection, timeout)
                (clock,) = await rows_of(connection, "SELECT UTC_TIMESTAMP(6) AS now", 2)
                asked = window(clock["now"].replace(tzinfo=UTC))
                # By its offset: most servers have no names of zones.
                offset = asked[1].astimezone(self._zone).isoformat()[-6:]
                await connection.query(f"SET SESSION time_zone = '{offset}'")
                return await rows_of(connection, filled(query, asked, self._literal), limit)
        except CannotTell:
            raise
        except Exception as error:  # noqa: BLE001 - on bytes that are no MySQL aiomysql raises anything
            reading = failure(error, self._where)
            raise CannotTell(reading.reason, reading.detail) from None

    def _literal(self, at: datetime) -> str:
        return f"TIMESTAMP'{at.astimezone(self._zone):%Y-%m-%d %H:%M:%S.%f}'"
