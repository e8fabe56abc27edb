"""Three daemons, two workers and some targets on loopback, broken one after the other while a person watches the board:

    make run-cluster                          until Ctrl-C
    python -m benchmarks.cluster.show --once  each once

It says what it breaks, what to look at, and when it has healed. Everything ends with it.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.cluster.cell import Cell, a_cell, a_worker
from tests.parts.child import PartFailed, wait_until

PLACES = ("hk", "sg")
PAUSE = 12.0
"""Seconds between two breaks, to look around."""
HEALS = 90.0


class Show:
    """What is broken, in an order that a person can follow."""

    def __init__(
        self, cell: Cell, workers: list[subprocess.Popen[bytes]], start: Callable[[str], None]
    ) -> None:
        self._cell, self._workers, self._start, self._since = cell, workers, start, 0.0

    def acts(self) -> tuple[Callable[[], None], ...]:
        return self.a_target, self.the_leader, self.a_line, self.a_hang, self.a_worker, self.the_database

    def a_target(self) -> None:
        cell = self._cell
        name = random.choice(cell.world.names[:4])
        say(
            f"Target {name} answers 503 now. Look at the incident that opens.",
            f"目标 {name} 现在返回 503，请看新事件。",
        )
        self._fail(name)
        self._until(lambda: self._told(name, "new"), "A page about it has arrived.", "告警已送达。")
        cell.world.recover(name)
        self._until(
            lambda: self._told(name, "resolved"),
            "It is well again, and people were told.",
            "已恢复，并已通知。",
        )

    def the_leader(self) -> None:
        cell, leader, epoch = self._cell, self._leads(), self._cell.epoch()
        say(
            f"The leader at :{cell.daemons[leader].port} is killed. Another takes over in about three seconds: see"
            f" 'Watchtower itself' at {self._other(leader)}.",
            f"终止主实例 :{cell.daemons[leader].port}，约三秒后由备用实例接管。",
        )
        cell.daemons[leader].kill()
        self._until(
            lambda: cell.epoch() > epoch and cell.leader() >= 0, "Another one leads.", "已由另一实例接管。"
        )
        cell.daemons[leader].start(wait=False)
        say("The killed one is started again, and stands by.", "被终止的实例已重新启动，转为备用。")

    def a_line(self) -> None:
        cell, leader, epoch = self._cell, self._leads(), self._cell.epoch()
        name = cell.world.names[0]
        say(
            f"The leader's line to the database is cut, and {name} fails. The leader learns from the others that it leads no"
            " more; both give the fault one id.",
            f"切断主实例到数据库的连接，同时 {name} 出现故障；两个实例的告警使用同一标识。",
        )
        cell.lines[leader].cut()
        self._fail(name)
        self._until(
            lambda: cell.epoch() > epoch and self._told(name, "new"),
            "Another leads, and people know.",
            "已接管并已通知。",
        )
        cell.lines[leader].heal()
        cell.world.recover(name)
        self._until(
            lambda: self._told(name, "resolved"),
            "The line is whole, and the fault over.",
            "连接与故障均已恢复。",
        )

    def a_hang(self) -> None:
        cell, leader, epoch = self._cell, self._leads(), self._cell.epoch()
        say("The leader is stopped, as a machine that sleeps.", "主实例进程被挂起。")
        cell.daemons[leader].signal(signal.SIGSTOP)
        self._until(lambda: cell.epoch() > epoch, "Another one leads.", "已由另一实例接管。")
        cell.daemons[leader].signal(signal.SIGCONT)
        say(
            "It goes on, finds that it leads no more, and stands by.",
            "挂起的实例恢复运行，发现已被接管，转为备用。",
        )

    def a_worker(self) -> None:
        say(f"The worker at {PLACES[0]} is killed: the location goes silent, and no target is said to be down.",
            f"终止 {PLACES[0]} 的工作进程：该地点静默，不会误报目标故障。")  # fmt: skip
        self._workers[0].kill()
        self._workers[0].wait()
        time.sleep(PAUSE)
        self._start(PLACES[0])
        say("It is started again.", "工作进程已重新启动。")

    def the_database(self) -> None:
        cell, name = self._cell, self._cell.world.names[1]
        leader = self._leads()
        say(f"The database is killed for 15 s, and {name} fails. The board of the leader, {cell.daemons[leader].url}, still"
            " shows it, and the page is marked as one that may be a repeat.",
            f"数据库停止 15 秒，同时 {name} 出现故障；主实例看板仍可用，告警会注明可能重复。")  # fmt: skip
        cell.postgres.away()
        began = time.monotonic()
        time.sleep(3.0)
        self._fail(name)
        self._until(
            lambda: self._told(name, "new"),
            "People know, without the database.",
            "数据库不可用时告警仍已送达。",
        )
        time.sleep(max(0.0, began + 15.0 - time.monotonic()))
        cell.postgres.back()
        cell.world.recover(name)
        self._until(
            lambda: self._told(name, "resolved"),
            "The database is back, the same one leads.",
            "数据库已恢复，主实例不变。",
        )

    def _leads(self) -> int:
        wait_until(lambda: self._cell.leader() >= 0, "a leader", HEALS)
        return self._cell.leader()

    def _other(self, leader: int) -> str:
        return next(one.url for number, one in enumerate(self._cell.daemons) if number != leader)

    def _fail(self, name: str) -> None:
        self._since = time.monotonic()
        self._cell.world.fail(name)

    def _told(self, name: str, kind: str) -> bool:
        """Whether people were told this of the newest fault of that target."""
        heard = [page for page in self._cell.world.heard() if page.at > self._since]
        threads = {page.thread for page in heard if page.check == name and page.kind == "new"}
        return any(page.kind == kind and page.thread in threads for page in heard)

    def _until(self, ready: Callable[[], bool], en: str, zh: str) -> None:
        began = time.monotonic()
        try:
            wait_until(ready, en, HEALS)
        except PartFailed as failure:
            say(f"This should not be: {failure}", "异常")
            return
        say(f"{en} ({time.monotonic() - began:.1f} s)", zh)


def say(en: str, zh: str) -> None:
    print(f"{time.strftime('%H:%M:%S')}  {en}\n          {zh}", flush=True)


@contextmanager
def stage(home: Path) -> Iterator[tuple[Cell, Show]]:
    """All of it, on loopback."""
    with ExitStack() as stack:
        cell = stack.enter_context(a_cell(home, 6, 3))
        there = f"\nlocations = [{', '.join(f'{place!r}' for place in PLACES)}]\nquorum = 1\n".replace(
            "'", '"'
        )
        for daemon in cell.daemons:
            file = daemon.home / "checks" / "targets.toml"
            parts = file.read_text().split("[[check]]")
            file.write_text("[[check]]".join([*parts[:-2], *(part.rstrip() + there for part in parts[-2:])]))
        workers: list[subprocess.Popen[bytes]] = []

        def start(place: str) -> None:
            child = stack.enter_context(a_worker(cell, place, "--location", place))
            workers[:] = [child, *workers] if place == PLACES[0] else [*workers, child]

        for place in reversed(PLACES):
            start(place)
        yield cell, Show(cell, workers, start)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--once", action="store_true")
    parser.add_argument("--pause", type=float, default=PAUSE)
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    say("PostgreSQL, three daemons and two workers start.", "正在启动 PostgreSQL、三个实例和两个工作进程。")
    with tempfile.TemporaryDirectory(prefix="watchtower-cluster-") as home, stage(Path(home)) as (cell, show):
        for daemon in cell.daemons:
            say(f"A daemon: {daemon.url}", f"实例：{daemon.url}")
        say("Ctrl-C ends everything.", "按 Ctrl-C 结束。")
        try:
            while True:
                for act in show.acts():
                    time.sleep(given.pause)
                    act()
                if given.once:
                    return
        except KeyboardInterrupt:
            say("It ends.", "结束。")


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    main()
