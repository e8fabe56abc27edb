"""A hundred thousand checks through the real path without sockets: rows of workers, PostgreSQL, leader, engine, store.

Some checks fail once, for one sample, and each of these must be an alert in the store, also those of the seconds in which the
leader is killed. Then a thousand fail at once, and the configuration changes. Processor time is the kernel's; the loop of the
successor is asyncio's, so that what held it can be timed (benchmarks/scale/held.py).
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from math import inf
from pathlib import Path

from benchmarks.cluster.report import Part
from benchmarks.overhead.processes import cpu_sample, cpu_used, memory
from tests.acceptance.process import DaemonProcess
from tests.parts.child import wait_until
from tests.parts.httpserver import Answer, HttpServer
from tests.parts.postgres import Postgres
from watchtower.app.sharding import SLOTS, body_of, slot_of
from watchtower.errors import StoreAway
from watchtower.model import Observation, Outcome, Reading, Value
from watchtower.store import open_store
from watchtower.store.shards import Batch, Identity, WorkerState

CHECKS = int(os.environ.get("SCALE_CHECKS", "100000"))
ROOT = Path(__file__).parents[2]
WORKERS, EVERY, TURN, MOST = 4, 10, 0.02, 1000
ONCE, TOGETHER = 1000, int(os.environ.get("SCALE_TOGETHER", "1000"))
"""Checks that fail for one sample, one after the other, and those that fail at once."""
A_SECOND = 5.0
PEOPLE = "+8613800000000", "+8613900000000"
SETTLES = 65.0
"""Seconds after a start: what has come to stay is known, and what only the start read is handed back."""
RULES = """
[[rule]]
name = "down"
match = {{ check = "c*" }}
when = "outcome == 'down'"
severity = "P1"

[[rule]]
name = "once"
match = {{ check = "b*" }}
when = "outcome == 'down'"
severity = "P4"

[paging.P1]
roles = ["oncall"]
channels = ["sms"]

[paging.P4]
roles = ["program"]
channels = ["webhook"]

[channel.webhook]

[channel.sms]
url = "{url}/sms"
json = {{ to = "{{{{ to }}}}", text = "{{{{ text }}}}" }}

[[responder]]
name = "li"
role = "oncall"
sms = "{li}"

[[responder]]
name = "wang"
role = "oncall"
sms = "{wang}"

[[responder]]
name = "log"
role = "program"
webhook = "{url}/log"
"""
CHECK = '[[check]]\nname = "{}"\nprobe = "http"\nurl = "http://shop.example/{}"\nevery = "10s"\n'
WELL: Mapping[str, Value] = {
    "dns": 0.001, "connect": 0.002, "tls": 0.011, "latency": 0.052, "status": 200.0, "http_version": "1.1", "body_bytes": 512.0,
    "redirects": 0.0,
}  # fmt: skip


class Feed(threading.Thread):
    """What workers write, by the statements of workers: each second a batch a shard, and at once what is not well."""

    def __init__(self, dsn: str, names: Sequence[str]) -> None:
        super().__init__(daemon=True)
        self._dsn = dsn
        self._slots: list[list[list[str]]] = [[[] for _ in range(EVERY)] for _ in range(SLOTS)]
        for n, name in enumerate(names):
            self._slots[slot_of(name)][n % EVERY].append(name)
        self.down: dict[str, float] = {}
        """Since when a check fails, by the wall clock."""
        self._urgent: list[list[Observation]] = [[] for _ in range(SLOTS)]
        self.sent, self._held = 0, [0] * WORKERS
        self.flows, self.over = threading.Event(), threading.Event()

    @property
    def held(self) -> int:
        return sum(self._held)

    def once(self, name: str) -> float:
        at = time.time()
        self._urgent[slot_of(name)].append(Observation(name, at, Reading(Outcome.DOWN, WELL, "status"), 0.05))
        return at

    def run(self) -> None:
        async def all_of_them() -> None:
            store = open_store(self._dsn)
            await store.open()  # makes the tables
            await store.close()
            await asyncio.gather(*(self._work(n) for n in range(WORKERS)))

        asyncio.run(all_of_them())

    async def _work(self, number: int) -> None:
        shards, who = open_store(self._dsn).shards(), Identity(f"w{number}", f"w{number}", "", True)
        assert shards is not None
        held: Mapping[int, tuple[int, int]] = {}
        seq, beat = 0, time.monotonic() + number / WORKERS
        while not self.over.is_set():
            await asyncio.sleep(TURN)
            seq, whole = seq + 1, time.monotonic() >= beat
            try:
                made = self._batches(held, seq, int(beat) % EVERY if whole else -1)
                if made and self.flows.is_set():
                    await shards.send("", made)
                if whole:
                    beat += 1.0
                    state = WorkerState("", "1", time.time(), 0, seq)
                    held = (await shards.work(who, state)).shards
                    self._held[number] = len(held)
            except StoreAway as error:
                print(f"{who.name}: {error}", file=sys.stderr)
        shards.close()

    def _batches(self, held: Mapping[int, tuple[int, int]], seq: int, phase: int) -> list[Batch]:
        found = []
        for slot, (shard, epoch) in held.items():
            some, self._urgent[slot] = self._urgent[slot], []
            for name in self._slots[slot][phase] if phase >= 0 else ():
                reading = (
                    Reading(Outcome.DOWN, WELL, "status") if name in self.down else Reading(Outcome.UP, WELL)
                )
                some.append(Observation(name, time.time(), reading, 0.05))
            if some:
                found.append(Batch(shard, epoch, seq, body_of(some, 0.0)))
                self.sent += len(some)
        return found


class Pages:
    """Messages to two people, and what a program is told."""

    def __init__(self, server: HttpServer) -> None:
        self._server = server
        server.on("/sms", Answer(200, "{}"))
        server.on("/log", Answer(200, "ok"))

    def since(self, begun: float) -> str:
        """How many each person got."""
        got = Counter(one.json()["to"] for one in self._server.requests_to("/sms") if one.at >= begun)
        return " + ".join(str(got[number]) for number in PEOPLE)


class Scale:
    def __init__(self, home: Path, stack: ExitStack, chance: random.Random) -> None:
        self._chance = chance
        self.postgres = stack.enter_context(Postgres())
        server = stack.enter_context(HttpServer())
        self.pages = Pages(server)
        dsn = self.postgres.create_database()
        self.database = dsn.rpartition("/")[2]
        self.single = [f"b{n:06d}" for n in range(ONCE)]
        self.many = [f"c{n:06d}" for n in range(CHECKS - ONCE)]
        checks = {"all.toml": "".join(CHECK.format(name, name) for name in [*self.single, *self.many])}
        rules = RULES.format(url=server.url("").rstrip("/"), li=PEOPLE[0], wang=PEOPLE[1])
        own = {"WATCHTOWER_STORE": dsn, "PYTHONPATH": str(ROOT)}
        self.first = DaemonProcess(home / "first", rules, checks, own)
        own["WATCHTOWER_CHECKS"] = str(self.first.home / "checks")
        self.second, self._held = DaemonProcess(home / "second", rules, {}, own), home / "held"
        for daemon in (self.first, self.second):
            stack.callback(daemon.kill)
        self.feed = Feed(dsn, [*self.single, *self.many])
        stack.callback(self.feed.join)
        stack.callback(self.feed.over.set)

    def start(self) -> dict[str, object]:
        # Workers first: one machine does not make so many checks.
        self.feed.start()
        wait_until(lambda: self.feed.held == SLOTS, "workers hold all", 60)
        begun = time.monotonic()
        self.first.start(wait=False)
        wait_until(lambda: self.role(self.first) == "leader", "the leader", 300)
        assert self.first.child is not None
        took, used = time.monotonic() - begun, cpu_sample(self.first.child.pid)[0]
        self.feed.flows.set()
        self.second.start(wait=False, first=[sys.executable, "-m", "benchmarks.scale.held", str(self._held)])
        wait_until(lambda: self.role(self.second) == "standby", "a standby", 300)
        return {
            "ready after the start, nothing in the store · processor time of it": f"{took:.1f} · {used:.1f} s"
        }

    def role(self, daemon: DaemonProcess) -> str:
        daemon.must_live()
        return str(daemon.get("/readyz").json()["role"])

    def sql(self, statement: str) -> str:
        return self.postgres.sql(statement, self.database)

    def fail_some(self, seconds: float) -> dict[str, float]:
        """One after the other fails for one sample; when."""
        found = {}
        until = time.monotonic() + seconds
        while time.monotonic() < until and self.single:
            name = self.single.pop()
            found[name] = self.feed.once(name)
            time.sleep(self._chance.expovariate(A_SECOND))
        return found

    def steady(self, seconds: float) -> tuple[dict[str, object], dict[str, float]]:
        child, server = self.first.child, self.postgres.process
        assert child is not None
        assert server is not None
        pids = {"leader": child.pid, "PostgreSQL": server.pid}
        before, begun, sent = (
            {name: cpu_sample(pid) for name, pid in pids.items()},
            time.monotonic(),
            self.feed.sent,
        )
        found = self.fail_some(seconds)
        passed, known = time.monotonic() - begun, memory(child.pid)
        core = {name: cpu_used(before[name], cpu_sample(pid)) / passed for name, pid in pids.items()}
        rate = (self.feed.sent - sent) / passed
        return {
            "samples a second": f"{rate:,.0f}",
            "of a core: leader · PostgreSQL": f"{core['leader']:.2f} · {core['PostgreSQL']:.2f}",
            "the leader, µs a sample": f"{core['leader'] / rate * 1e6:.1f}",
            "resident memory of the leader · its peak, MiB": f"{known['rss_kib'] >> 10} · {known['hwm_kib'] >> 10}",
        }, found

    def written(self) -> dict[str, float]:
        """When the alert of each check was first written."""
        rows = self.sql("SELECT check_name, extract(epoch FROM written) FROM watchtower.alerts").splitlines()
        return {name: float(at) for name, _, at in (row.partition("|") for row in rows)}

    def longest(self, begun: float) -> str:
        """What held the successor's loop since, ms of processor time."""
        lines = [line.split(" ", 2) for line in self._held.read_text().splitlines()]
        took, what = max(((float(s), what) for at, s, what in lines if float(at) >= begun), default=(0.0, ""))
        return f"{took * 1e3:.0f} ms {what[:150]}" if took > 0.05 else f"{took * 1e3:.0f} ms"


def run(home: Path, seconds: float, chance: random.Random) -> Part:
    broken: list[str] = []
    # What others do beside it is not to be measured. Niceness counts among the processes of a session only.
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text("-15")
    with ExitStack() as stack:
        it = Scale(home, stack, chance)
        figures = it.start()
        # By the database: not when people heard, but when what was decided is on its way to the disk.
        it.sql("ALTER TABLE watchtower.alerts ADD COLUMN written timestamptz DEFAULT clock_timestamp()")
        time.sleep(min(SETTLES, seconds))
        before, found = it.steady(seconds / 2)
        figures |= before
        begun = time.monotonic()
        it.first.kill()
        killed = time.time()
        found |= it.fail_some(seconds / 2)
        time.sleep(15.0)
        written = it.written()
        missed = [name for name in found if name not in written]
        broken += [f"{name} failed {found[name] - killed:+.1f} s from the kill: no alert" for name in missed]
        delays = {name: written[name] - at for name, at in found.items() if name in written}
        waited = {
            name: delay
            for name, delay in delays.items()
            if written[name] - killed >= 0.0 and found[name] < killed + 10.0
        }
        figures |= {
            "single samples that failed · without an alert": f"{len(found)} · {len(missed)}",
            "the leader is killed: its successor's first alert after": f"{_first(written, killed) - killed:.1f} s",
            "the longest in one piece while it took over and after": it.longest(begun),
        }  # fmt: skip
        figures |= _storm(it, broken)
        figures |= _reload(it, broken)
    steady = [delay for name, delay in delays.items() if name not in waited]
    return Part(
        figures,
        broken,
        {
            "from a sample to its alert in the store": steady,
            "the same around the takeover": list(waited.values()),
        },
    )


def _first(written: Mapping[str, float], killed: float) -> float:
    return min((at for at in written.values() if at > killed), default=inf)


def _storm(it: Scale, broken: list[str]) -> dict[str, object]:
    child = it.second.child
    assert child is not None
    before, begun = cpu_sample(child.pid), time.monotonic()
    for name in it.many[:TOGETHER]:
        it.feed.down[name] = it.feed.once(name)
    time.sleep(10.0)
    soon, used = it.pages.since(begun), cpu_used(before, cpu_sample(child.pid)) / (time.monotonic() - begun)
    time.sleep(20.0)
    if soon != "1 + 1":
        broken.append(f"{TOGETHER} failed at once: messages to two people within 10 s: {soon}")
    spent = cpu_used(before, cpu_sample(child.pid))
    return {
        f"{TOGETHER} fail at once: messages to two people within 10 s · 30 s": f"{soon} · {it.pages.since(begun)}",
        "of a core meanwhile · processor of 30 s": f"{used:.2f} · {spent:.1f} s",
        "the longest in one piece of the storm": it.longest(begun),
    }


def _reload(it: Scale, broken: list[str]) -> dict[str, object]:
    begun, file = time.monotonic(), it.first.home / "checks/all.toml"
    with file.open("a") as out:
        out.write(CHECK.format("new", "new"))
    while int(it.second.events("configuration_loaded")[-1]["checks"]) <= CHECKS:
        time.sleep(2.0)  # to read a log of a hundred thousand lines takes the feed its turn
    took = time.monotonic() - begun
    return {"a check more: in force after, s · the longest in one piece": f"{took:.1f} · {it.longest(begun)}"}
