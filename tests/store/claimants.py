"""Three processes that want to lead one schema, and what is done to them: shared by a test and by benchmarks.cluster."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

from tests.parts.child import wait_until
from tests.parts.line import Line
from tests.parts.postgres import Postgres
from watchtower.store.lease import HANGS, TTL
from watchtower.values import Frozen

LEADS_WITHIN = 20.0
"""Seconds; measured are about three after the end of a leader, and much less after that of an outage."""
TRIES = 5
"""A fault that ends unexpectedly comes again, so often. A leader that gets no processor, or whose database cannot write for
seconds because others keep its disk busy, is rightly followed: beside other tests that happens, but not each time."""


class Suffered(Frozen):
    """A fault, and what came of it: the longest time in which nobody wrote, and whether another leads."""

    fault: str
    unled: float
    changed: bool
    expected: bool
    attempt: int
    starved: float
    """Seconds for which a thread wanted a processor meanwhile and got none."""


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

    def rows_of_the_past(self) -> int:
        """Rows that an earlier term wrote after a later one had begun."""
        newest = "SELECT epoch, max(epoch) OVER (ORDER BY id) AS newest FROM watchtower.written"
        return int(self._ask(f"SELECT count(*) FROM ({newest}) AS w WHERE epoch < newest"))  # noqa: S608 - ours

    def last_row(self) -> int:
        return int(self._ask("SELECT coalesce(max(id), 0) FROM watchtower.written"))

    def unled_since(self, row: int) -> float:
        """The longest time in seconds in which nobody wrote since this row."""
        last = f"SELECT max(id) FROM watchtower.written WHERE id <= {row}"  # noqa: S608 - a number
        gaps = f"SELECT at - lag(at) OVER (ORDER BY id) AS gap FROM watchtower.written WHERE id >= ({last})"  # noqa: S608
        return float(self._ask(f"SELECT coalesce(max(extract(epoch FROM gap)), 0) FROM ({gaps}) AS gaps"))  # noqa: S608

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


def suffer(group: Group, faults: tuple[Fault, ...], rounds: int, chance: random.Random) -> list[Suffered]:
    """Each fault in turn, in an order of chance; each until it ended as it should, at most so often."""
    group.wait_written()
    order: list[Fault] = []
    found = []
    for _ in range(rounds):
        if not order:
            order = chance.sample(faults, len(faults))
        fault = order.pop()
        for attempt in range(1, TRIES + 1):
            (leader, term), before, last = group.leader(), group.waited(), group.last_row()
            fault(group, leader)
            group.wait_written()
            changed = group.leader()[1] != term
            starved = max(
                (wait - before.get(task, 0.0) for task, wait in group.waited().items()), default=0.0
            )
            expected, unled = changed == (fault in DEPOSES), group.unled_since(last)
            suffered = Suffered(fault.__name__, unled, changed, expected, attempt, starved)
            found.append(suffered)
            print(suffered, flush=True)
            if suffered.expected:
                break
    return found


def suffer_all(
    shared: Postgres, own: Postgres, rounds: int, chance: random.Random
) -> tuple[list[Suffered], int, int]:
    """Three groups at once, of which one may stop its server, suffer so many faults each: what came of all, the rows
    that were written, and those that a former leader wrote after its successor had begun."""
    with ExitStack() as stack, ThreadPoolExecutor() as pool:
        groups: list[tuple[Group, tuple[Fault, ...]]] = [
            (Group(shared, stack), DEPOSES[:-1]),
            (Group(shared, stack), (*SPARES, *DEPOSES)),
            (Group(own, stack), OF_SERVER),
        ]
        suffering = [
            pool.submit(suffer, *group, rounds, random.Random(chance.randrange(1 << 32))) for group in groups
        ]
        found = [one for each in suffering for one in each.result()]
        rows, late = zip(*[(group.rows(), group.rows_of_the_past()) for group, _ in groups], strict=True)
    return found, sum(rows), sum(late)
