"""One leader at a time, whatever is done to it, its line and its database: nothing of a former one is written."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.parts.child import wait_until
from tests.parts.line import Line
from tests.parts.postgres import Postgres
from watchtower.store.lease import HANGS, OTHER_PLAN, TTL, Holder, Lease, StandsBy

CLAIMANT = Path(__file__).with_name("claimant.py")
ROUNDS = 100 if os.environ.get("WATCHTOWER_SOAK") else 3
"""Faults of each of the three groups below."""
LEADS_WITHIN = 20.0
"""Seconds; measured are about three after the end of a leader, and much less after that of an outage."""
TRIES = 5
"""A fault that ends unexpectedly comes again, so often. A leader that gets no processor, or whose database cannot write for
seconds because others keep its disk busy, is rightly followed: beside other tests that happens, but not each time."""


class Group:
    """Three claimants on one schema, each with a line of its own to the server."""

    def __init__(self, server: Postgres, stack: ExitStack) -> None:
        self.server, self.database = server, server.create_database().rpartition("/")[2]
        server.sql("CREATE SCHEMA watchtower", self.database)
        server.sql(
            "CREATE TABLE watchtower.written (id BIGSERIAL, term TEXT, epoch BIGINT, at TIMESTAMPTZ DEFAULT clock_timestamp())",
            self.database,
        )
        self.lines: dict[int, Line] = {}
        self.children: dict[int, subprocess.Popen[bytes]] = {}
        self._stack = stack
        for _ in range(3):
            self.add()

    def add(self) -> None:
        line = self._stack.enter_context(Line(self.server.port))
        dsn = self.server.dsn(self.database).replace(f":{self.server.port}/", f":{line.port}/")
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.store.claimant", dsn], stderr=subprocess.DEVNULL
        )
        self.lines[child.pid], self.children[child.pid] = line, child
        self._stack.callback(child.wait)
        self._stack.callback(child.kill)

    def rows(self) -> int:
        return int(self._ask("SELECT count(*) FROM watchtower.written"))

    def leader(self) -> tuple[int, str]:
        """Its process and its term."""
        owner, term = self._ask("SELECT owner, term FROM watchtower.lease").split("|")
        return int(owner), term

    def wait_written(self) -> None:
        """Until somebody leads and writes."""
        before = self.rows()
        wait_until(lambda: self.rows() > before + 3, "a leader that writes", LEADS_WITHIN)

    def orders(self) -> str:
        """Rows that an earlier term wrote after a later one had begun."""
        return self._ask(
            "SELECT count(*) FROM watchtower.written w WHERE epoch < (SELECT max(epoch) FROM watchtower.written e WHERE e.id < w.id)"
        )

    def backends_end(self) -> None:
        self._ask(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    def waited(self) -> dict[Path, float]:
        """Seconds for which each thread of the claimants has wanted a processor so far and has not got one."""
        tasks = [task for pid in self.children for task in Path(f"/proc/{pid}/task").glob("*/schedstat")]
        found = {}
        for task in tasks:
            with suppress(OSError):  # it has ended
                found[task] = int(task.read_text().split()[1]) / 1e9
        return found

    def _ask(self, sql: str) -> str:
        """A server that comes back refuses for a moment."""
        for _ in range(50):
            with suppress(OSError):
                return self.server.sql(sql, self.database)
            time.sleep(0.2)
        return self.server.sql(sql, self.database)


def killed(group: Group, leader: int) -> None:
    group.children[leader].kill()
    group.children[leader].wait()
    group.add()


def stopped(group: Group, leader: int) -> None:
    os.kill(leader, signal.SIGSTOP)
    group.wait_written()
    os.kill(leader, signal.SIGCONT)


def stopped_inside_a_transaction(group: Group, leader: int) -> None:
    os.kill(leader, signal.SIGUSR2)
    time.sleep(0.5)
    group.wait_written()
    os.kill(leader, signal.SIGCONT)


def cut_off(group: Group, leader: int) -> None:
    group.lines[leader].cut()
    time.sleep(0.5)
    group.wait_written()
    group.lines[leader].heal()


def backends_terminated(group: Group, leader: int) -> None:
    group.backends_end()


def busy(group: Group, leader: int) -> None:
    os.kill(leader, signal.SIGUSR1)
    time.sleep(4.5)


def hung(group: Group, leader: int) -> None:
    os.kill(leader, signal.SIGHUP)
    time.sleep(HANGS + TTL)
    group.wait_written()
    time.sleep(5.0)


def restarted(group: Group, leader: int) -> None:
    group.server.restart()


def away(group: Group, leader: int) -> None:
    group.server.restart(after=5.0)


def hanging(group: Group, leader: int) -> None:
    group.server.hang(5.0)


Fault = Callable[[Group, int], None]
DEPOSES: tuple[Fault, ...] = (killed, stopped, stopped_inside_a_transaction, cut_off, hung)
SPARES: tuple[Fault, ...] = (backends_terminated, busy)
OF_SERVER: tuple[Fault, ...] = (restarted, away, hanging)


@pytest.fixture
def own_server() -> Iterator[Postgres]:
    """To be stopped: nobody else's."""
    with Postgres() as server:
        yield server


def _suffer(group: Group, faults: tuple[Fault, ...], chance: random.Random, said: list[str]) -> None:
    """Each fault in turn, in an order of chance."""
    group.wait_written()
    order: list[Fault] = []
    for number in range(ROUNDS):
        if not order:
            order = chance.sample(faults, len(faults))
        fault = order.pop()
        for attempt in range(TRIES):
            (leader, term), before = group.leader(), group.waited()
            fault(group, leader)
            group.wait_written()
            changed = group.leader()[1] != term
            if changed == (fault in DEPOSES):
                break
            starved = max(
                (wait - before.get(task, 0.0) for task, wait in group.waited().items()), default=0.0
            )
            who = "another" if changed else "the same"
            what = f"{fault.__name__} in round {number}: {who} leader ({starved:.1f} s without a processor)"
            print(what)
            if attempt == TRIES - 1:
                said.append(what)


@pytest.mark.parametrize(
    ("good", "failed", "watched", "may"),
    [
        (1.0, 99.0, 99.0, True),
        (2.6, 99.0, 99.0, False),  # another may lead, and nothing says that the database is away
        (5.0, 0.5, 99.0, True),  # it is away, and nobody stood by
        (5.0, 0.5, 6.0, False),  # somebody did, and may see it
        (29.0, 0.5, 30.0, False),
        (31.0, 0.5, 32.0, True),  # a page twice is better than none: docs/store.md
        (31.0, 3.0, 32.0, False),  # we slept: the next beat will tell
    ],
)
async def test_a_page_may_be_begun(good: float, failed: float, watched: float, may: bool) -> None:
    """Seconds since a good beat began, one failed, and a standby was seen."""

    async def connect() -> None:
        raise OSError

    lease, now = Lease(connect, "a:1", ""), time.clock_gettime(time.CLOCK_BOOTTIME)
    lease._good, lease._failed, lease._watched_at = now - good, now - failed, now - watched
    try:
        assert lease.may_send() is may
        lease.depose()
        assert not lease.may_send()
    finally:
        lease._loop.close()


@pytest.mark.parametrize(
    ("plan", "others", "lost", "released"),
    [
        ("a", ["b"], TTL, 0.0),
        ("b", ["b", "a"], TTL + OTHER_PLAN, OTHER_PLAN),
        ("b", ["b"], TTL + OTHER_PLAN, 0.0),  # a rolling update: nobody else would lead sooner
    ],
)
async def test_who_has_the_leaders_plan_goes_first(
    plan: str, others: list[str], lost: float, released: float
) -> None:
    async def connect() -> None:
        raise OSError

    lease = Lease(connect, "a:1", "")
    try:
        assert (lease._waits(False), lease._waits(True)) == (
            TTL,
            0.0,
        )  # an older version leads, or nobody does
        lease.plan, lease.holder = plan, Holder("b:1", "", 1, plan="a")
        lease.standbys = tuple(StandsBy(str(n), one, 0.0) for n, one in enumerate(others))
        assert (lease._waits(False), lease._waits(True)) == (lost, released)
    finally:
        lease._loop.close()


@pytest.mark.timeout(60 * ROUNDS)
def test_no_row_of_a_former_leader_and_no_change_while_the_leader_lived(
    postgres: Postgres, own_server: Postgres
) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    with ExitStack() as stack:
        groups = [
            (Group(postgres, stack), DEPOSES[:-1]),
            (Group(postgres, stack), (*SPARES, *DEPOSES)),
            (Group(own_server, stack), OF_SERVER),
        ]
        said: list[str] = []
        threads = [
            threading.Thread(target=_suffer, args=(*group, random.Random(seed + n), said))
            for n, group in enumerate(groups)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert said == []
        assert [group.orders() for group, _ in groups] == ["0"] * 3
