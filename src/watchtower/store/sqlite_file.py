"""One SQLite file: a thread that writes, another that reads, and what is wrong in the operator's words.

One thread writes; another reads through a connection of its own, so that the board never waits for the disk.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import aclosing
from operator import methodcaller
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from watchtower.errors import StoreError
from watchtower.store.contract import SLICE, Columns, Slices
from watchtower.store.migrate import migrations, missing, older
from watchtower.store.statements import insert, select
from watchtower.store.writer import Writer

T = TypeVar("T")

BUSY = 5.0
"""Long enough for a backup, or for a person with sqlite3."""
_WAL_LIMIT = 16 << 20
"""Bytes to which the write-ahead log is cut after a checkpoint."""


class SqliteFile:
    """`synchronous`: `FULL`; `NORMAL` may lose the last commits when the power fails.

    `busy`: seconds to wait for another program that holds the file. `only_read`: the file is neither made nor migrated.
    Every method raises StoreError.
    """

    name = ("sqlite store", "sqlite")
    """What it is called, and the folder of its migrations."""

    def __init__(
        self, path: Path, synchronous: str = "FULL", busy: float = BUSY, *, only_read: bool = False
    ) -> None:
        self.path, self._synchronous, self._busy, self._only_read = path, synchronous, busy, only_read
        self._writer = Writer(self._connect, f"{self.name[1]}-writer")
        self._reader: sqlite3.Connection | None = None
        self._reading = ThreadPoolExecutor(1, thread_name_prefix=f"{self.name[1]}-reader")
        self._is_open = False
        self._file: tuple[int, int] | None = None

    def __str__(self) -> str:
        return f"{self.name[0]} {self.path}"

    async def open(self) -> None:
        if self._only_read:
            self._is_open = True
            await self._read(self._must_be_current)
            return
        await self._until(self._writer.start())
        self._is_open, self._file = True, self._identity()
        await self._read(lambda _: None)

    async def close(self) -> None:
        self._is_open = False
        if self._reader is not None:
            await asyncio.get_running_loop().run_in_executor(self._reading, self._reader.close)
            self._reader = None
        self._reading.shutdown()
        await asyncio.to_thread(self._writer.stop)

    async def rows(self, sql: str, *parameters: Any) -> Sequence[tuple[Any, ...]]:
        return await self._read(lambda connection: connection.execute(sql, parameters).fetchall())

    async def carry_out(self, work: Mapping[str, Sequence[tuple[Any, ...]]]) -> None:
        def execute(connection: sqlite3.Connection) -> None:
            for sql, rows in work.items():
                connection.executemany(sql, rows)

        await self._write(execute)

    async def slices(self, columns: Columns) -> Slices:
        """As `contract.Copied` says."""
        await self._read(methodcaller("execute", "BEGIN"))
        try:
            for table, names in columns.items():
                cursor = await self._read(methodcaller("execute", select(table, names)))
                while rows := await self._until(self._reading.submit(cursor.fetchmany, SLICE)):
                    yield table, rows
        finally:
            await self._read(methodcaller("rollback"))

    async def fill(self, columns: Columns, slices: Callable[[], Slices]) -> None:
        """As `contract.Copied` says; for a file that nobody else knows, because each slice is a transaction."""
        async with aclosing(slices()) as them:
            async for table, rows in them:
                await self.carry_out({insert(table, columns[table]): [tuple(row) for row in rows]})

    async def _write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        self._must_be_open()
        return await self._until(self._writer.submit(work))

    async def _read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        def read() -> T:
            if self._reader is None:
                # Opened, used and closed by the reading thread only.
                self._reader = sqlite3.connect(
                    f"file:{quote(str(self.path))}?mode=ro",
                    uri=True,
                    timeout=self._busy,
                    isolation_level=None,
                )
            return work(self._reader)

        self._must_be_open()
        return await self._until(self._reading.submit(read))

    def size(self) -> int:
        """Bytes of the file, without its log."""
        try:
            return self.path.stat().st_size
        except OSError:
            return 0

    def _identity(self) -> tuple[int, int] | None:
        """The identity of the file at this path; None when there is none."""
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def _must_be_open(self) -> None:
        if not self._is_open:
            raise StoreError(f"{self}: not open")

    async def _until(self, future: Future[T]) -> T:
        try:
            return await asyncio.wrap_future(future)
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"{self}: {explain(error)}") from error

    def _connect(self) -> sqlite3.Connection:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Incidents are the company's own business: a file that we create is readable by its owner only.
        os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        connection = sqlite3.connect(self.path, timeout=self._busy, isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA synchronous = {self._synchronous}")
            connection.execute(f"PRAGMA journal_size_limit = {_WAL_LIMIT}")
            self._prepare(connection)
            self._migrate(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        """What else a connection that writes needs."""

    def _must_be_current(self, connection: sqlite3.Connection) -> None:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if missing(migrations(self.name[1]), version, str(self)):
            raise StoreError(older(self))

    def _migrate(self, connection: sqlite3.Connection) -> None:
        connection.execute("BEGIN IMMEDIATE")
        try:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            for step in missing(migrations(self.name[1]), version, str(self)):
                for statement in _split(step.sql):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {step.version}")
            connection.execute("COMMIT")
        except BaseException:
            connection.rollback()
            raise


def _split(script: str) -> Sequence[str]:
    """The statements of a script, because `executescript` would commit halfway."""
    out, statement = [], ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            out.append(statement)
            statement = ""
    return out


_WHAT = {
    "SQLITE_NOTADB": "the file is not a SQLite database; restore a backup or move it away",
    "SQLITE_CORRUPT": "the file is damaged; restore a backup or move it away",
    "SQLITE_FULL": "the disk is full",
    "SQLITE_READONLY": "the file or its folder may not be written by this user",
    "SQLITE_CANTOPEN": "the file cannot be opened; is its folder writable by this user?",
    "SQLITE_PERM": "the file may not be opened by this user",
    "SQLITE_BUSY": "another program keeps the file locked",
    "SQLITE_IOERR": "the disk does not answer as it should",
}


def explain(error: Exception) -> str:
    """SQLite's error in the operator's words; extended codes (SQLITE_IOERR_WRITE) begin with their plain one."""
    if isinstance(error, OSError):
        return f"{error.strerror or error} ({error.filename})" if error.filename else str(error)
    name = str(getattr(error, "sqlite_errorname", ""))
    for code, words in _WHAT.items():
        if name.startswith(code):
            return f"{words} ({error})"
    return str(error)
