"""The reads that both stores share: the statements are the same, only fetching the rows differs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.incidents import Incident, Page
from watchtower.core.reviews.record import VERSION, Record
from watchtower.model import Instant
from watchtower.store import answers, statements
from watchtower.store.contract import FOREVER, OutboxRow


class StoreReader:
    """The reading half of the contract over `_rows`, which each database implements."""

    async def _rows(self, sql: str, *parameters: Any) -> Sequence[answers.Row]:
        """All rows of this statement; its parameters are written as `?`."""
        raise NotImplementedError

    async def outbox(self) -> Sequence[OutboxRow]:
        return answers.unsent(await self._rows(statements.UNSENT))

    async def incidents(self, *, open_only: bool = False, limit: int = 100) -> Sequence[Incident]:
        sql = statements.OPEN_INCIDENTS if open_only else statements.INCIDENTS
        return answers.incidents_of(await self._rows(sql, limit))

    async def incident(self, id: str) -> Incident | None:
        found = answers.incidents_of(await self._rows(statements.INCIDENT, id))
        return found[0] if found else None

    async def pages(self, incident: str) -> Sequence[tuple[Page, int, str]]:
        return answers.pages_of(await self._rows(statements.PAGES, incident))

    async def timeline(self, incident: str) -> Sequence[LogEntry]:
        return answers.timeline_of(await self._rows(statements.TIMELINE, incident))

    async def records(
        self, since: Instant = 0.0, until: Instant = FOREVER, limit: int = 10_000, last: str = ""
    ) -> Sequence[Record]:
        rows = await self._rows(statements.RECORDS, since, until, last, limit)
        # Thousands take a while: not on the loop that pages people.
        return await asyncio.to_thread(answers.records_of, rows)

    async def record(self, incident: str) -> Record | None:
        found = answers.records_of(await self._rows(statements.RECORD, incident))
        return found[0] if found else None

    async def unrecorded(self, limit: int = 100) -> Sequence[str]:
        return tuple(row[0] for row in await self._rows(statements.UNRECORDED, VERSION, limit))

    async def get(self, name: str) -> str | None:
        rows = await self._rows(statements.GET, name)
        return str(rows[0][0]) if rows else None
