"""A page is recorded before it is sent; when it cannot be recorded, it is sent all the same."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any

import pytest

from tests.core.builders import Story, http_check, plan, rule
from watchtower.app.readiness import BEHIND, QUEUE, behind
from watchtower.core.events import Decision
from watchtower.core.incident.incidents import Page
from watchtower.errors import Deposed, StoreError
from watchtower.journal import KEPT, TOGETHER, Journal

BANK = http_check()


def decisions() -> list[Decision]:
    return Story(plan([BANK], [rule("down", "outcome == 'down'", BANK)])).down("bank")


class Log:
    """A store and an outbox that write down who was called, in order."""

    def __init__(self, refuse: int = 0) -> None:
        self.lines: list[str] = []
        self.refuse = refuse
        self.gate: asyncio.Event | None = None

    async def commit(self, decisions: Sequence[Decision], evaluated: object = None) -> None:
        if self.gate is not None:
            await self.gate.wait()
        if self.refuse:
            self.refuse -= 1
            self.lines.append("refused")
            raise StoreError("disk full")
        self.lines.append(f"commit {len(decisions)}")

    def offer(self, pages: Sequence[Page]) -> None:
        self.lines.append(f"offer {len(pages)}")

    def cancel(self, pages: Sequence[str]) -> None:
        self.lines.append(f"cancel {len(pages)}")


async def run(log: Any, journal: Journal) -> None:
    task = asyncio.create_task(journal.run())
    with contextlib.suppress(StoreError):
        await asyncio.wait_for(journal.durable(), 10)
    while journal.failing_since is not None:
        await asyncio.sleep(0.02)
    journal.stop()
    await asyncio.wait_for(task, 10)


def journal_of(log: Log) -> Journal:
    return Journal(log, log, lambda seconds, n: None)  # type: ignore[arg-type]


async def test_recorded_then_sent() -> None:
    log = Log()
    journal = journal_of(log)
    batch = decisions()
    journal.append(batch)
    await run(log, journal)
    assert log.lines == [f"commit {len(batch)}", "offer 2"]


async def test_what_comes_while_a_transaction_is_written_shares_the_next() -> None:
    log, batch = Log(), decisions()
    log.gate = asyncio.Event()
    journal = journal_of(log)
    task = asyncio.create_task(journal.run())
    journal.append(batch)
    await asyncio.sleep(0.02)
    journal.append(batch)
    journal.append(batch)
    log.gate.set()
    await journal.durable()
    journal.stop()
    await task
    assert [line for line in log.lines if line.startswith("commit")] == [
        f"commit {len(batch)}",
        f"commit {2 * len(batch)}",
    ]


async def test_a_storm_is_written_in_pieces_but_what_a_worker_measured_as_a_whole() -> None:
    class Store(Log):
        async def commit(self, decisions: Sequence[Decision], evaluated: object = None) -> None:
            self.lines.append(f"{len(decisions)} {evaluated}")

    log, batch = Store(), decisions()
    many = TOGETHER // len(batch)
    journal = journal_of(log)
    for _ in range(2 * many):
        journal.append(batch)
    journal.evaluated(7, (1, 1))
    journal.begin()
    for _ in range(2 * many):
        journal.append(batch)
    task = asyncio.create_task(journal.run())
    whole = f"{many * len(batch)} "
    while len(log.lines) < 4:
        await asyncio.sleep(0)
    await asyncio.sleep(0.02)
    # A successor evaluates again what is not written as a whole, and nothing of it is there yet.
    assert log.lines == [
        whole + "{}",
        "offer " + str(2 * many),
        whole + "{7: (1, 1)}",
        "offer " + str(2 * many),
    ]
    done = asyncio.create_task(journal.durable())
    journal.evaluated(7, (1, 2))
    await done
    assert log.lines[4:] == [f"{2 * many * len(batch)} {{7: (1, 2)}}", "offer " + str(4 * many)]
    journal.stop()
    await task


async def test_a_store_that_refuses_delays_no_page_and_loses_no_record() -> None:
    log, batch = Log(refuse=1), decisions()
    journal = journal_of(log)
    journal.append(batch)
    await run(log, journal)
    assert log.lines == ["refused", "offer 2", f"commit {len(batch)}"]
    assert journal.failing_since is None


async def test_stopping_writes_what_waits() -> None:
    log, batch = Log(), decisions()
    journal = journal_of(log)
    journal.append(batch)
    journal.stop()
    await asyncio.wait_for(journal.run(), 10)
    assert log.lines[0] == f"commit {len(batch)}"


async def test_pages_that_come_while_the_store_refuses_do_not_wait_for_it() -> None:
    log, batch = Log(refuse=1000), decisions()
    journal = journal_of(log)
    task = asyncio.create_task(journal.run())
    journal.append(batch)
    while "refused" not in log.lines:
        await asyncio.sleep(0.005)
    journal.append(batch)
    assert log.lines == ["refused", "offer 2", "offer 2"]
    log.refuse = 0
    while f"commit {2 * len(batch)}" not in log.lines:
        await asyncio.sleep(0.02)
    assert log.lines.count("offer 2") == 2
    journal.stop()
    await task


async def test_a_store_that_does_not_answer_delays_no_page_and_holds_up_nobody() -> None:
    log, batch = Log(), decisions()
    log.gate = asyncio.Event()
    journal = Journal(log, log, lambda seconds, n: None, patience=0.02)  # type: ignore[arg-type]
    task = asyncio.create_task(journal.run())
    journal.append(batch)
    with pytest.raises(StoreError):
        await journal.durable()
    journal.append(batch)
    assert log.lines == ["offer 2", "offer 2"]
    assert journal.failing_since is not None
    log.gate.set()
    journal.stop()
    await task
    assert log.lines.count("offer 2") == 2
    assert [line for line in log.lines if line.startswith("commit")] == [f"commit {len(batch)}"] * 2
    assert journal.failing_since is None


async def test_a_store_that_is_away_for_long_costs_no_memory_without_bound() -> None:
    log, batch = Log(refuse=10**9), decisions()
    journal = journal_of(log)
    task = asyncio.create_task(journal.run())
    for _ in range(KEPT // len(batch) + 2):
        journal.append(batch)
    while not log.lines:
        await asyncio.sleep(0.005)
    log.refuse = 0
    journal.stop()
    await task
    written = next(line for line in log.lines if line.startswith("commit"))
    assert int(written.split()[1]) < len(batch)


async def test_it_says_how_far_the_store_is_behind() -> None:
    log, batch = Log(), decisions()
    log.gate = asyncio.Event()
    journal = journal_of(log)
    assert journal.lag() == (0, 0.0)
    task = asyncio.create_task(journal.run())
    journal.append(batch)
    await asyncio.sleep(0.05)
    waiting, seconds = journal.lag()
    assert waiting == len(batch)
    assert seconds >= 0.05
    assert [behind(waiting, seconds), behind(waiting, BEHIND + 1), behind(QUEUE + 1, 0.0)] == [
        False,
        True,
        True,
    ]
    log.gate.set()
    journal.stop()
    await asyncio.wait_for(task, 10)
    assert journal.lag() == (0, 0.0)


async def test_where_another_leads_nothing_is_sent_and_nobody_is_told_that_it_is_in_force() -> None:
    class Fenced(Log):
        async def commit(self, decisions: Sequence[Decision], evaluated: object = None) -> None:
            raise Deposed("another daemon leads")

    log = Fenced()
    journal = journal_of(log)
    task = asyncio.create_task(journal.run())
    journal.append(decisions())
    with pytest.raises(Deposed):
        await journal.durable()
    with pytest.raises(Deposed):
        await journal.durable()
    journal.stop()
    await asyncio.wait_for(task, 10)
    assert log.lines == []
