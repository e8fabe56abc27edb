"""The store in one SQLite file: nothing to install, and durable when `commit` returns.

WAL with `synchronous=FULL`: every commit waits for the disk, which transitions (rare) can afford.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from watchtower.errors import StoreError
from watchtower.model import Instant
from watchtower.store import answers, statements
from watchtower.store.chain import link
from watchtower.store.contract import Snapshot
from watchtower.store.history import Tables
from watchtower.store.sqlite_file import SqliteFile
from watchtower.store.store import Store


class HistoryFile(SqliteFile):
    """The history in a file of its own: its growth and its checkpoints touch no commit that pages."""

    name = ("history", "history")

    def __init__(self, path: Path, *, only_read: bool = False) -> None:
        super().__init__(path, "NORMAL", only_read=only_read)

    def _prepare(self, connection: sqlite3.Connection) -> None:
        # Only before the first table: so that `vacuum` can give back what a shorter retention frees.
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")

    async def vacuum(self) -> None:
        """Gives some free pages back to the disk."""
        await self._write(lambda connection: connection.execute("PRAGMA incremental_vacuum(500)").fetchall())


class SqliteStore(SqliteFile, Store):
    """The store in a file."""

    def lease(self, owner: str, url: str, peer: str = "") -> None:
        """A file has one daemon, because `app/lock.py` refuses others."""

    def history(self, path: Path | None = None) -> Tables:
        file = path or self.path.with_name(f"{self.path.stem}-history.db")
        return HistoryFile(file, only_read=self._only_read)

    async def load(self) -> Snapshot:
        def load(connection: sqlite3.Connection) -> Snapshot:
            connection.execute("BEGIN")
            try:
                return answers.snapshot(*map(connection.execute, statements.SNAPSHOT))
            finally:
                connection.rollback()

        return await self._read(load)

    async def prune(self, before: Instant) -> int:
        return await self._write(
            lambda connection: [connection.execute(sql, (before,)).rowcount for sql in statements.PRUNE][-1]
        )

    async def damages(self) -> Sequence[str]:
        return [row[0] for row in await self._rows("PRAGMA integrity_check(20)") if row[0] != "ok"]

    async def check(self) -> None:
        if self._identity() != self._file:
            raise StoreError(
                f"{self}: the file was removed or replaced while we write to it; restart watchtower to begin a new one"
            )
        await super().check()

    async def _rows(self, sql: str, *parameters: Any) -> Sequence[answers.Row]:
        return await self.rows(sql, *parameters)

    async def _carry_out(self, work: Mapping[str, Sequence[statements.Parameters]]) -> None:
        await self.carry_out(work)

    def _prepare(self, connection: sqlite3.Connection) -> None:
        complaint = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if complaint != "ok":
            raise StoreError(f"{self}: the file is damaged ({complaint}); restore a backup or move it away")
        connection.create_function("link", 2, link, deterministic=True)
