"""A cell to be broken: PostgreSQL, daemons that each have a line of their own to it, targets, and a receiver of pages."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from tests.acceptance.plans import check, rules
from tests.acceptance.process import DaemonProcess
from tests.parts.child import wait_until
from tests.parts.httpserver import Answer, HttpServer, Request
from tests.parts.line import Line
from tests.parts.postgres import Postgres

MORE = (
    # A fault, a page: what arrived is counted. Each fault of a check is an incident of its own.
    '[storm]\nwindow = "0s"',
    '[incident]\nreopen_within = "0s"',
)
SECRET = "one-for-all-daemons-0123456789"


@dataclass(frozen=True, slots=True)
class Heard:
    """A page as it came, `at` by the monotonic clock; a repetition is another one with the same id."""

    at: float
    id: str
    thread: str
    incident: str
    kind: str
    check: str
    unfenced: bool

    @classmethod
    def of(cls, request: Request) -> Heard:
        page = request.json()
        return cls(
            request.at, page["id"], page["dedup_key"], page["incident"], page["kind"], page["check"] or "",
            bool(page.get("unfenced")),
        )  # fmt: skip


class World:
    """Targets that fail when told to, and the receiver, which keeps every page."""

    def __init__(self, server: HttpServer, targets: int) -> None:
        self.server, self.names = server, [f"t{number}" for number in range(targets)]
        self._failing: set[str] = set()
        self.failed: dict[str, float] = {}
        """When a target was first seen to fail, by the monotonic clock."""
        self._heard: list[Heard] = []
        self._lock = Lock()
        for name in self.names:
            server.on(f"/{name}", self._target)
        server.on("/page", self._page)

    def fail(self, name: str) -> None:
        self.failed.pop(name, None)
        self._failing.add(name)

    def recover(self, name: str) -> None:
        self._failing.discard(name)

    def heard(self) -> list[Heard]:
        with self._lock:
            return list(self._heard)

    def _target(self, request: Request) -> Answer:
        if (name := request.path[1:]) not in self._failing:
            return Answer(200, "ok")
        self.failed.setdefault(name, request.at)
        return Answer(503, "no")

    def _page(self, request: Request) -> Answer:
        with self._lock:
            self._heard.append(Heard.of(request))
        return Answer(200, "ok")


class Cell:
    """`daemons` share one schema; `sees` says which targets each of them probes, all by default."""

    def __init__(
        self, home: Path, postgres: Postgres, world: World, daemons: int = 3, every: str = "1s",
        sees: Mapping[int, Sequence[str]] | None = None, environment: Mapping[str, str] | None = None, more: str = "",
    ) -> None:  # fmt: skip
        """`more` is written into each check."""
        self.postgres, self.world = postgres, world
        dsn = postgres.create_database()
        self.database = dsn.rpartition("/")[2]
        self.lines = [Line(postgres.port) for _ in range(daemons)]
        self.daemons: list[DaemonProcess] = []
        plan = rules(world.server.url("/page"), *MORE, remind="1h", timeout="3s")
        for number, line in enumerate(self.lines):
            line.__enter__()
            names = (sees or {}).get(number, world.names)
            checks = "\n".join(
                check(world.server.url(f"/{name}"), name, every=every, timeout="900ms") + more
                for name in names
            )
            own = {
                "WATCHTOWER_STORE": dsn.replace(f":{postgres.port}/", f":{line.port}/"),
                "WATCHTOWER_SECRET": SECRET,
            }
            self.daemons.append(
                DaemonProcess(
                    home / str(number),
                    plan,
                    {"targets.toml": checks},
                    own | dict(environment or {}),
                    anew=True,
                )
            )
        for daemon in self.daemons:
            others = [one.url for one in self.daemons if one is not daemon]
            daemon.environment.setdefault("WATCHTOWER_PEERS", ",".join(others))

    def start(self) -> None:
        """All, the first of which leads."""
        self.daemons[0].start()
        wait_until(lambda: self.leader() == 0, "the first leads")
        for daemon in self.daemons[1:]:
            daemon.start(wait=False)
        for daemon in self.daemons[1:]:
            daemon.wait_ready()

    def end(self) -> None:
        for line in self.lines:
            line.heal()
        for daemon in self.daemons:
            if daemon.child is not None:
                daemon.signal(signal.SIGCONT)
                daemon.kill()
        for line in self.lines:
            line.__exit__(None, None, None)

    def leader(self) -> int:
        """Which daemon holds the lease; -1: none that runs."""
        rows = self.sql("SELECT owner FROM watchtower.lease")
        pids = [daemon.child.pid if daemon.child else 0 for daemon in self.daemons]
        pid = int(rows.rpartition(":")[2] or 0)
        return pids.index(pid) if pid in pids else -1

    def epoch(self) -> int:
        return int(self.sql("SELECT epoch FROM watchtower.lease") or 0)

    def sql(self, statement: str) -> str:
        """A server that comes back refuses for a moment."""
        end = time.monotonic() + 20.0
        while True:
            try:
                return self.postgres.sql(statement, self.database)
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.2)

    def killed(self, number: int, seconds: float) -> None:
        self.daemons[number].kill()
        time.sleep(1.0)
        self.daemons[number].start(wait=False)

    def stopped(self, number: int, seconds: float) -> None:
        self.daemons[number].signal(signal.SIGSTOP)
        time.sleep(seconds)
        self.daemons[number].signal(signal.SIGCONT)

    def cut_off(self, number: int, seconds: float) -> None:
        self.lines[number].cut()
        time.sleep(seconds)
        self.lines[number].heal()


@contextmanager
def a_worker(cell: Cell, name: str, *words: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """With the configuration and the environment of the first daemon."""
    first = cell.daemons[0]
    with (first.home / f"work-{name}.log").open("ab") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "watchtower", "work", "--name", name, *words], cwd=first.home,
            env=first.environment | environment, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        yield child
    finally:
        child.kill()
        child.wait()


@contextmanager
def a_cell(home: Path, targets: int, daemons: int = 3, **more: object) -> Iterator[Cell]:
    """One with a server of its own, which may be stopped."""
    with ExitStack() as stack:
        postgres, server = stack.enter_context(Postgres()), stack.enter_context(HttpServer())
        cell = Cell(home, postgres, World(server, targets), daemons, **more)  # type: ignore[arg-type]
        stack.callback(cell.end)
        cell.start()
        yield cell
