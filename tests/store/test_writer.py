"""Writes that wait for the disk together share a transaction, and nothing else."""

from __future__ import annotations

import ctypes
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from watchtower.store.writer import Writer


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Writer]:
    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(tmp_path / "w.db", isolation_level=None)
        connection.execute("CREATE TABLE t (x INTEGER UNIQUE)")
        return connection

    writer = Writer(connect)
    writer.start().result(10)
    yield writer
    writer.stop()


def insert(x: int) -> object:
    return lambda connection: connection.execute("INSERT INTO t VALUES (?)", (x,)).rowcount


def together(writer: Writer, *work: object) -> list[Future[int]]:
    """Submit all of it while the writer is busy, so that it shares one transaction."""
    busy, go = threading.Event(), threading.Event()

    def hold(connection: sqlite3.Connection) -> None:
        busy.set()
        go.wait(10)

    held = writer.submit(hold)
    busy.wait(10)
    futures = [writer.submit(job) for job in work]  # type: ignore[arg-type]
    go.set()
    held.result(10)
    return futures


def rows(writer: Writer) -> list[int]:
    return [
        x for (x,) in writer.submit(lambda c: c.execute("SELECT x FROM t ORDER BY x").fetchall()).result(10)
    ]


def test_writes_that_wait_share_one_transaction(writer: Writer) -> None:
    statements: list[str] = []
    writer.submit(lambda connection: connection.set_trace_callback(statements.append)).result(10)
    for future in together(writer, *(insert(x) for x in range(50))):
        assert future.result(10) == 1
    assert (
        statements.count("COMMIT") == 3
    )  # of the trace callback, of the job that held the writer, of all 50
    assert rows(writer) == list(range(50))


def test_one_that_fails_does_not_undo_its_neighbours(writer: Writer) -> None:
    first, second, third = together(writer, insert(1), insert(1), insert(2))
    assert (first.result(10), third.result(10)) == (1, 1)
    with pytest.raises(sqlite3.IntegrityError):
        second.result(10)
    assert rows(writer) == [1, 2]


def test_a_commit_that_fails_is_told_to_all(writer: Writer) -> None:
    writer.submit(lambda c: c.execute("PRAGMA foreign_keys = ON")).result(10)
    futures = together(writer, insert(1), lambda c: c.execute("COMMIT"), insert(2))
    for future in futures:
        assert isinstance(future.exception(10), sqlite3.Error)


def test_work_is_done_though_nobody_waits_for_it(writer: Writer) -> None:
    futures = together(writer, insert(1), insert(2))
    futures[0].cancel()
    futures[1].result(10)
    assert rows(writer) == [1, 2]


def test_what_was_submitted_is_done_before_the_end(writer: Writer) -> None:
    futures = together(writer, *(insert(x) for x in range(600)))
    writer.stop()
    assert all(future.result(0) == 1 for future in futures)


def test_an_error_in_the_thread_itself_is_told_and_does_not_end_it(writer: Writer) -> None:
    thread = next(each for each in threading.enumerate() if each.name == "store-writer")
    strike = ctypes.pythonapi.PyThreadState_SetAsyncExc
    for number in range(5):
        strike(
            ctypes.c_ulong(thread.ident or 0), ctypes.py_object(SystemExit)
        )  # as it falls on it in the middle of anything
        futures = [writer.submit(insert(number * 10 + x)) for x in range(10)]  # type: ignore[arg-type]
        for future in futures:
            assert isinstance(future.exception(10), (sqlite3.OperationalError, SystemExit, type(None)))
    writer.submit(insert(1000)).result(10)  # type: ignore[arg-type]
    assert rows(writer)[-1] == 1000
