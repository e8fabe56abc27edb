"""Faults come at a rate while the leader is killed, stopped or cut off again and again: what is heard, and what is stored."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests

from benchmarks.cluster.cell import Cell, a_cell
from benchmarks.cluster.oracle import WITHIN, Acknowledgement, Fault, Verdict, judge
from benchmarks.cluster.report import Part
from tests.acceptance.process import TOKEN
from tests.parts.next_version import NEWEST, next_version

TARGETS, A_MINUTE, HARM_EVERY, HARM = 60, 50.0, 10.0, 5.0
ROLLED = 75.0
"""Seconds after the last daemon was updated, by which what the version before needed is gone."""
SHORTEST, LONGEST = 10.0, 30.0
"""Seconds that a fault lasts: longer than nobody leads, and a person needs to answer."""
ANSWERED = 0.3
"""The share of pages that somebody acknowledges."""


class Faults(threading.Thread):
    """Targets that fail, each for a while, until `over`."""

    def __init__(self, cell: Cell, seconds: float, chance: random.Random, longest: float) -> None:
        super().__init__(daemon=True)
        self.done: list[Fault] = []
        self._longest, self._cell, self._until, self._chance = (
            longest,
            cell,
            time.monotonic() + seconds,
            chance,
        )

    def run(self) -> None:
        under_way: list[Fault] = []
        ended_at: dict[str, float] = {}
        next_at = time.monotonic()
        while time.monotonic() < self._until or under_way:
            now = time.monotonic()
            for fault in [one for one in under_way if one.ended <= now]:
                self._cell.world.recover(fault.target)
                fault.ended = ended_at[fault.target] = now
                fault.seen = self._cell.world.failed.get(fault.target)
                under_way.remove(fault)
            if next_at <= now < self._until:
                next_at += self._chance.expovariate(A_MINUTE / 60.0)
                busy = {one.target for one in under_way}
                # One that has just recovered must be seen to be well before it fails again.
                free = [
                    n
                    for n in self._cell.world.names
                    if n not in busy and now - ended_at.get(n, 0.0) > HARM_EVERY
                ]
                if free:
                    target = self._chance.choice(free)
                    self._cell.world.fail(target)
                    under_way.append(Fault(target, now, now + self._chance.uniform(SHORTEST, self._longest)))
                    self.done.append(under_way[-1])
            time.sleep(0.02)


class People(threading.Thread):
    """Some pages are acknowledged, each at a daemon of chance, by somebody who tries again elsewhere when refused."""

    def __init__(self, cell: Cell, chance: random.Random) -> None:
        super().__init__(daemon=True)
        self.done: list[Acknowledgement] = []
        self.refused = 0
        self._cell, self._chance, self._over = cell, chance, threading.Event()

    def run(self) -> None:
        seen: set[str] = set()
        with ThreadPoolExecutor(8) as hands:
            while not self._over.wait(0.05):
                for page in self._cell.world.heard()[len(seen) :]:
                    seen.add(f"{len(seen)}")
                    if page.kind == "new" and self._chance.random() < ANSWERED:
                        order = self._chance.sample(range(len(self._cell.daemons)), len(self._cell.daemons))
                        hands.submit(self._acknowledge, page.incident, f"p{len(seen)}", order)

    def end(self) -> None:
        self._over.set()
        self.join()

    def _acknowledge(self, incident: str, by: str, order: Sequence[int]) -> None:
        for number in [*order, *order]:
            url = f"{self._cell.daemons[number].url}/api/v1/incidents/{incident}/ack"
            try:
                answer = requests.post(
                    url, json={"by": by}, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=6
                )
            except requests.RequestException:
                self.refused += 1
                continue
            said = answer.json()
            if answer.status_code == 202 or (answer.status_code == 200 and said["changed"]):
                kept = answer.status_code == 202
                self.done.append(Acknowledgement(incident, by, time.monotonic(), number, kept))
                return
            if answer.status_code == 200:
                return  # somebody else had it, or it is over
            self.refused += 1


def suffer(
    cell: Cell,
    seconds: float,
    chance: random.Random,
    harm: Callable[[Cell, random.Random], str],
    longest: float = LONGEST,
) -> tuple[Verdict, list[str]]:
    """Faults for so many seconds, and harm each ten: what came of it, and what was done."""
    faults, people = (
        Faults(cell, seconds, random.Random(chance.random()), longest),
        People(cell, random.Random(chance.random())),
    )
    faults.start()
    people.start()
    done, until = [], time.monotonic() + seconds
    while (began := time.monotonic()) < until:
        done.append(harm(cell, chance))
        time.sleep(max(0.0, began + HARM_EVERY - time.monotonic()))
    faults.join()
    settled(cell)
    people.end()
    verdict = judge(cell, faults.done, people.done)
    verdict.acknowledged, verdict.refused = len(people.done), people.refused
    return verdict, done


def settled(cell: Cell) -> None:
    """Until nothing is open or queued, or it takes too long."""
    until, sql = (
        time.monotonic() + WITHIN,
        (
            "SELECT (SELECT count(*) FROM watchtower.incidents WHERE state <> 'resolved') + "
            "(SELECT count(*) FROM watchtower.outbox WHERE state IN ('queued', 'failing', 'held')) + "
            "(SELECT count(*) FROM watchtower.kept_requests)"
        ),
    )
    time.sleep(5.0)
    while cell.sql(sql) != "0" and time.monotonic() < until:
        time.sleep(1.0)


def harm_leader(cell: Cell, chance: random.Random) -> str:
    number = cell.leader()
    how = chance.choice((cell.killed, cell.stopped, cell.cut_off))
    if number >= 0:
        how(number, HARM)
    return how.__name__


def part_of(verdict: Verdict, done: Sequence[str]) -> Part:
    harmed = ", ".join(f"{count} {name}" for name, count in sorted(Counter(done).items()))
    return Part(
        {
            "what was done to the leader": f"{len(done)}: {harmed}",
            "faults · of these over before a daemon asked": f"{verdict.faults} · {verdict.unseen}",
            "pages heard, by id": verdict.heard,
            "pages that came again under the same id": verdict.repeated,
            "pages sent without a lease": verdict.unfenced,
            "acknowledged at a daemon of chance · tries that were refused": f"{verdict.acknowledged} · {verdict.refused}",
        },
        verdict.broken,
        {"until a fault was heard": verdict.until_heard},
    )


def split(home: Path, seconds: float, chance: random.Random) -> Part:
    """Two daemons that cannot ask each other, while the database moves between them: each pages what it sees."""

    def cut_off(cell: Cell, chance: random.Random) -> str:
        if (number := cell.leader()) >= 0:
            cell.cut_off(number, HARM)
        return "cut_off"

    apart = {"WATCHTOWER_PEERS": "", "WATCHTOWER_PEER_URL": "http://127.0.0.1:9"}
    with a_cell(home, TARGETS, 2, environment=apart) as cell:
        part = part_of(*suffer(cell, seconds, chance, cut_off))
    # What begins while both lead without knowing of each other has two ids: docs/two-pods.md.
    doubles = [one for one in part.broken if "heard as" in one or "not in the store" in one]
    figures = {
        **part.figures,
        "of these, two ids or two ends, of faults that began while both led": len(doubles),
    }
    return Part(figures, [one for one in part.broken if one not in doubles], part.times)


ADDS = """
ALTER TABLE outbox ADD COLUMN later TEXT NOT NULL DEFAULT '';
ALTER TABLE incidents ADD COLUMN later TEXT NOT NULL DEFAULT '';
ALTER TABLE lease ADD COLUMN later TEXT NOT NULL DEFAULT '';
CREATE INDEX incidents_later ON incidents (later)"""
DROPS = """
ALTER TABLE outbox DROP COLUMN later;
ALTER TABLE incidents DROP COLUMN later;
ALTER TABLE lease DROP COLUMN later"""


def rolling(home: Path, seconds: float, chance: random.Random) -> Part:
    """One daemon after the other is updated, twice: to a version that adds to the schema, of which one goes back in
    between, and to one that takes it away again. Each configuration is reloaded besides."""
    adds, drops = {f"{NEWEST + 1:04}_adds.sql": ADDS}, {f"{NEWEST + 2:04}_drops.contract.sql": DROPS}
    second = next_version(home / "second", "99.1", adds)
    third = next_version(home / "third", "99.2", {**adds, **drops})
    first = {"PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    versions = iter(
        [(0, second), (1, second), (0, first), (0, second), (2, second), (1, third), (0, third), (2, third)]
    )

    def updated(cell: Cell, chance: random.Random) -> str:
        number, version = next(versions, (-1, third))
        daemon = cell.daemons[number]
        daemon.stop()
        daemon.environment |= version
        daemon.start(wait=False)
        time.sleep(HARM)
        for one in cell.daemons:
            if one.child is not None:
                one.signal(signal.SIGHUP)
        return (
            "started again" if number < 0 else f"moved to version {[first, second, third].index(version) + 1}"
        )

    with a_cell(home, TARGETS) as cell:
        part = part_of(*suffer(cell, max(seconds, HARM_EVERY * 8 + ROLLED), chance, updated))
        done = cell.sql(
            "SELECT string_agg(version::text, ' ') FROM watchtower.schema_version WHERE program LIKE '99.%'"
        )
        if done != f"{NEWEST + 1} {NEWEST + 2}":
            return Part(part.figures, [*part.broken, f"the schema's steps: {done}"], part.times)
        return part


def run(home: Path, seconds: float, chance: random.Random) -> Part:
    with a_cell(home, TARGETS) as cell:
        return part_of(*suffer(cell, seconds, chance, harm_leader))
