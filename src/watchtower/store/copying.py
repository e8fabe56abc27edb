"""Copies a store or a history with all its rows: into a new file, or into PostgreSQL.

Rows are read as of one moment. A file gets its name when all is in it, and PostgreSQL gets all in one transaction, so a copy
that ended early is none.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, aclosing, asynccontextmanager, closing
from pathlib import Path

from watchtower.errors import StoreError
from watchtower.store.contract import Columns, Copied, Slices
from watchtower.store.history import Tables
from watchtower.store.migrate import migrations
from watchtower.store.proof import Proof, prove_store
from watchtower.store.sqlite import HistoryFile, SqliteStore
from watchtower.store.sqlite_file import explain
from watchtower.store.statements import COPIED
from watchtower.store.store import Store

Bar = Callable[[str, float], AbstractContextManager[Callable[[int], None]]]
"""Shows how far something is: what it is, and how much there is in all."""

_BESIDE = ("", "-wal", "-shm", "-journal")


async def to_file(source: Copied, file: Path, mark: str, bar: Bar) -> Proof:
    """Writes a file that is not there yet, and proves what is in it before it gets its name. On the disk it is one file with
    nothing beside it."""
    must_be_new(file)
    name, proof = file.with_name(f"{file.name}.part"), Proof()
    part = SqliteStore(name, "OFF") if isinstance(source, Store) else HistoryFile(name)
    try:
        _remove(name)
        async with opened(part):
            await copy_rows(source, part, mark, bar)
            if isinstance(part, SqliteStore):
                await prove_store(part, proof)
        with closing(sqlite3.connect(name)) as whole:
            whole.execute("PRAGMA journal_mode = DELETE")
        _sync(name)
        name.rename(file)
        _sync(file.parent)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"{file}: {explain(error)}") from error
    finally:
        _remove(name)
    return proof


async def copy_history(source: Tables | None, target: Tables, bar: Bar) -> None:
    """Copies the history after its store. Tables in the schema of a store are open with it."""
    if source is None:
        return
    try:
        async with opened(source):
            if isinstance(target, HistoryFile):
                await to_file(source, target.path, "", bar)
            else:
                await copy_rows(source, target, "", bar)
    except StoreError as error:
        raise StoreError(f"the store is copied, its history is not: {error}") from error


def history_of(store: Store, file: Path | None) -> Tables:
    """The history of a store. Raises StoreError where its file is missing."""
    history = store.history(file)
    if isinstance(history, HistoryFile) and not history.path.exists():
        raise StoreError(f"there is no history {history.path}: leave --history out")
    return history


async def copy_rows(source: Copied, target: Copied, mark: str, bar: Bar) -> None:
    """All rows. `mark` is what the copy says of itself (`statements.COPIED`)."""
    what, dialect = ("the store", "sqlite") if isinstance(source, Store) else ("the history", "history")
    columns, total = _columns_of(dialect), 0
    async with aclosing(source.slices(dict.fromkeys(columns, ("COUNT(*)",)))) as counts:
        async for _, [[count]] in counts:
            total += count
    with bar(f"copying {what}", total) as show:

        async def slices() -> Slices:
            done = 0
            async with aclosing(source.slices(columns)) as them:
                async for table, rows in them:
                    yield table, [row for row in rows if table != "kv" or row[0] != COPIED]
                    done += len(rows)
                    show(done)
            if mark:
                yield "kv", [(COPIED, mark)]

        await target.fill(columns, slices)


def must_be_new(file: Path) -> None:
    """What lies beside a file that is gone would be taken for its log."""
    for one in _BESIDE:
        if (there := Path(f"{file}{one}")).exists():
            raise StoreError(f"{there} is there already: move it away")


def _columns_of(dialect: str) -> Columns:
    """The columns of each table of `sqlite`, or of `history`; PostgreSQL has these tables too."""
    with closing(sqlite3.connect(":memory:")) as schema:
        for step in migrations(dialect):
            schema.executescript(step.sql)
        tables = schema.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        return {
            table: [column[1] for column in schema.execute(f"PRAGMA table_info({table})")]
            for (table,) in tables
        }


@asynccontextmanager
async def opened(one: Store | Tables) -> AsyncIterator[None]:
    try:
        await one.open()
        yield
    finally:
        await one.close()


def _remove(file: Path) -> None:
    for one in _BESIDE:
        Path(f"{file}{one}").unlink(missing_ok=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
