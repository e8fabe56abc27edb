"""Long calculations over many processes: whatever becomes of a process, the result is the one that a single process gives."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.acceptance.process import DaemonProcess
from tests.parts.child import wait_until
from tests.parts.postgres import Postgres
from tests.simulate.test_coverage import CHECKS, EVERY, MONDAY, RULES, samples
from watchtower.app.holding import hash_of
from watchtower.app.jobs import kind_with
from watchtower.cli.spread import TIMES, patiently, spread, work
from watchtower.errors import StoreError
from watchtower.replay.learning import teach
from watchtower.replay.loading import load_for_replay
from watchtower.replay.samples import read
from watchtower.simulate.coverage import DAY, WeekOfLosses
from watchtower.simulate.days import days_of, joined
from watchtower.store import open_store
from watchtower.store.jobs import JobQueue, tidy

CHANNEL = '\n[channel.email]\nhost = "127.0.0.1"\nsecurity = "none"\nsender = "w@example.com"\n'
HOURS = 'detect = { hours = { mon-sun = "%s" } }\n'
PICKED = "SELECT count(*) FROM watchtower.jobs_pgqueuer%s WHERE status = 'picked'"
MADE = "SELECT count(*) FROM watchtower.job_results"


class Cell:
    """A database on which a daemon was, and processes with one configuration."""

    def __init__(self, home: Path, postgres: Postgres, hours: str) -> None:
        self.home, self.postgres, self.dsn = home, postgres, postgres.create_database()
        self.all: list[DaemonProcess] = []
        self.settings: Any = SimpleNamespace(store=self.dsn)
        self.checks = CHECKS + HOURS % hours
        self.commands = self.process("commands")
        self.loaded = load_for_replay(self.commands.home / "rules.toml", self.commands.home / "checks", {})
        self.kind = kind_with(hash_of(self.loaded.texts))
        asyncio.run(self.migrate())

    async def migrate(self) -> None:
        store = open_store(self.dsn)
        await store.open()
        await store.close()

    def process(self, name: str, **environment: str) -> DaemonProcess:
        made = DaemonProcess(
            self.home / name,
            RULES + CHANNEL,
            {"orders.toml": self.checks},
            {"WATCHTOWER_STORE": self.dsn, **environment},
        )
        self.all.append(made)
        return made

    def queue(self) -> JobQueue:
        jobs = open_store(self.dsn).jobs()
        assert jobs is not None
        return JobQueue(jobs)

    def sql(self, statement: str) -> str:
        return self.postgres.sql(statement, self.dsn.rpartition("/")[2])

    def end(self) -> None:
        for process in self.all:
            process.kill()


@pytest.fixture
def cell(request: pytest.FixtureRequest, tmp_path: Path, postgres: Postgres) -> Iterator[Cell]:
    made = Cell(tmp_path, postgres, getattr(request, "param", "10:00-11:00"))
    yield made
    made.end()


@pytest.mark.timeout(400)
@pytest.mark.parametrize("cell", ["08:00-12:00"], indirect=True)
def test_the_day_of_a_worker_that_is_killed_is_played_by_another_one(cell: Cell) -> None:
    check, days = cell.loaded.plan.checks["orders"], 2
    learnt = teach(check, read(samples(cell.home, 8), check, "")[0], (MONDAY, MONDAY + 8 * 86400.0)).state
    week = WeekOfLosses(cell.loaded.plan, {("orders", ""): learnt}, MONDAY + 8 * 86400.0 + EVERY, 1200.0)
    jobs = dict(zip("abcdefg"[:days], days_of(week, week.series()), strict=False))
    daemon = cell.process("daemon").start()

    async def queued() -> None:
        await queue.open()
        await queue.put(cell.kind, jobs)
        await queue.put(cell.kind, jobs)
        await queue.put("coverage 0.0.1 of another version", {"other": b""})
        queue.close()

    async def results() -> list[bytes]:
        found = await patiently(partial(queue.results, [*jobs]))
        queue.close()
        return [found[key].body for key in sorted(found)]

    queue = cell.queue()
    asyncio.run(queued())
    first = cell.process("first", WATCHTOWER_JOBS="true").start(wait=False, words=("work",))
    wait_until(lambda: cell.sql(PICKED % "") == "1", "a job is made", 150)
    assert first.child is not None
    own = Path(f"/proc/{first.child.pid}/task/{first.child.pid}/children").read_text().split()
    first.kill()
    for pid in own:
        os.kill(int(pid), signal.SIGKILL)
    cell.process("second", WATCHTOWER_JOBS="true").start(wait=False, words=("work",))
    wait_until(lambda: "\njobs       " in daemon.command("status"), "the daemon tells of them")
    assert 'watchtower_jobs{state="queued"}' in daemon.get("/metrics").text
    assert " wait, the oldest for" in daemon.get("/").text
    wait_until(lambda: cell.sql(MADE) == str(days), "all are made", 120)
    local = week.play(("orders", ""), part=range(days * DAY))
    assert joined(asyncio.run(results())) == [local]
    assert any(one.seconds for one in local.played)
    assert int(cell.sql(PICKED % "_log")) > days
    assert cell.sql("SELECT dedupe_key FROM watchtower.jobs_pgqueuer") == "other"


def test_the_command_gives_with_others_or_alone_what_it_gives_without_them(cell: Cell) -> None:
    asked = ("coverage", "--samples", f"orders={samples(cell.home, 8)}", "--longest", "20m", "--json")
    spread_out = cell.commands.command(*asked, "--spread")
    assert "0 of 7 days were played by other processes" in spread_out
    assert spread_out.splitlines()[0] == cell.commands.command(*asked).splitlines()[0]
    assert cell.sql(MADE) == "0"
    assert cell.sql("SELECT count(*) FROM watchtower.jobs_pgqueuer") == "0"


async def test_a_job_that_fails_or_ends_its_processes_is_told_and_not_made_for_ever(cell: Cell) -> None:
    def fails(job: bytes) -> bytes:
        raise ValueError(job.decode())

    queue = cell.queue()
    with pytest.raises(StoreError, match="a job failed: ValueError: no"):
        await spread(cell.settings, "k", [b"no"], fails, lambda _: None)
    await queue.put("k", {"deadly": b"deadly"})
    for _ in range(TIMES):
        assert await queue.take("k")
        assert await queue.take("k") is None
        cell.sql("UPDATE watchtower.jobs_pgqueuer SET heartbeat = now() - interval '1 min'")
    assert await work(queue, "k", bytes)
    assert (await queue.results(["deadly"]))["deadly"].wrong == "3 processes ended while they made it"
    cell.sql("UPDATE watchtower.jobs_pgqueuer_log SET created = now() - interval '25 h'")
    await queue._run(tidy)
    assert cell.sql("SELECT count(*) FROM watchtower.jobs_pgqueuer_log") == "0"
    queue.close()
