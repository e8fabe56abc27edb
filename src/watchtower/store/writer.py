"""The one thread that writes to SQLite. Jobs that wait during a sync share the next transaction."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from watchtower.logs import log
from watchtower.values import Mutable, field

T = TypeVar("T")

_TOGETHER = 256
"""Writes that may share one transaction: bounds how long the first of them waits for the others."""


class _Job(Mutable):
    work: Callable[[sqlite3.Connection], Any]
    done: Future[Any] = field(default_factory=Future)


class Writer:
    """Runs work on a connection of its own, in the order of `submit`.

    A future is done when its transaction is on the disk. Work that was submitted is carried out even when
    nobody waits for it any more: a decision must not get lost because a task was cancelled.
    """

    def __init__(self, connect: Callable[[], sqlite3.Connection], name: str = "store-writer") -> None:
        self._connect = connect
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._unanswered: dict[int, _Job] = {}
        """What was submitted and has no answer yet."""
        self._opened: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> Future[None]:
        """Connects in the thread; the future has the result."""
        self._thread.start()
        return self._opened

    def submit(self, work: Callable[[sqlite3.Connection], T]) -> Future[T]:
        job = _Job(work)
        self._unanswered[id(job)] = job
        self._jobs.put(job)
        return job.done

    def stop(self) -> None:
        """Finishes what was submitted and closes the connection. Blocks until then."""
        if self._thread.is_alive():
            self._jobs.put(None)
            self._thread.join()

    def _run(self) -> None:
        try:
            connection = self._connect()
        except BaseException as error:  # noqa: BLE001 - handed to whoever waits for the start
            self._opened.set_exception(error)
            return
        self._opened.set_result(None)
        while not self._serve(connection):
            pass
        connection.close()

    def _serve(self, connection: sqlite3.Connection) -> bool:
        """Serves until the end. After an error the callers get it, and the thread serves the next job."""
        try:
            while jobs := self._waiting():
                _together(connection, jobs)
                for job in jobs:
                    self._unanswered.pop(id(job), None)
        except BaseException as error:  # noqa: BLE001 - without this thread no page is ever recorded again
            log.error("store_writer_failed", exc_info=error)
            if connection.in_transaction:
                connection.rollback()
            self._give_up_what_was_in_hand()
            return False
        return True

    def _give_up_what_was_in_hand(self) -> None:
        """Fails the jobs that were taken and have no answer."""
        taken, waiting = list(self._unanswered.values()), []
        with contextlib.suppress(Empty):
            while True:
                waiting.append(self._jobs.get_nowait())
        for job in waiting:
            self._jobs.put(job)
        still = {id(job) for job in waiting}
        for job in taken:
            if id(job) not in still:
                self._unanswered.pop(id(job), None)
                if not job.done.done():
                    job.done.set_exception(sqlite3.OperationalError("the writing thread failed: see the log"))

    def _waiting(self) -> list[_Job]:
        """The next job and those that wait behind it; empty at the end."""
        jobs: list[_Job] = []
        job = self._jobs.get()
        while job is not None:
            jobs.append(job)
            if len(jobs) == _TOGETHER:
                return jobs
            try:
                job = self._jobs.get_nowait()
            except Empty:
                return jobs
        if jobs:
            self._jobs.put(None)  # the end is for the next round
        return jobs


def _together(connection: sqlite3.Connection, jobs: list[_Job]) -> None:
    """Runs all jobs in one transaction. A failed job does not undo the others; a failed commit does."""
    outcomes: list[tuple[Any, BaseException | None]] = []
    try:
        connection.execute("BEGIN IMMEDIATE")
        outcomes.extend(_within(connection, job) for job in jobs)
        connection.execute("COMMIT")
    except BaseException as error:  # noqa: BLE001 - handed to everybody whose work it was
        if connection.in_transaction:
            connection.rollback()
        outcomes = [(None, error)] * len(jobs)
    for job, (result, failure) in zip(jobs, outcomes, strict=True):
        if job.done.done() or not job.done.set_running_or_notify_cancel():
            continue
        if failure is not None:
            job.done.set_exception(failure)
        else:
            job.done.set_result(result)


def _within(connection: sqlite3.Connection, job: _Job) -> tuple[Any, BaseException | None]:
    connection.execute("SAVEPOINT job")
    try:
        result, failure = job.work(connection), None
    except BaseException as error:  # noqa: BLE001 - handed to whoever waits for the result
        # A full disk undoes the whole transaction by itself: then this raises too, as it should.
        connection.execute("ROLLBACK TO job")
        result, failure = None, error
    connection.execute("RELEASE job")
    return result, failure
