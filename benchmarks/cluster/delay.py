"""From the first sample of a fault to its page, over real HTTP: where the daemon makes the check itself, and where a worker does.

The first is the yardstick: it has no way to go but through engine and store.
"""

from __future__ import annotations

import random
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks.cluster.cell import Cell, a_cell, a_worker
from benchmarks.cluster.report import Part, quantile
from tests.parts.child import wait_until

AIM = 0.1
"""Seconds, beside what a fault takes where the daemon makes the check itself."""
TARGETS = 40
FAR = "far-token-0123456789"
HELD = (
    "SELECT count(*) FROM watchtower.shards s JOIN watchtower.workers w ON w.id = s.owner AND w.until > now()"
)
ITSELF, DATABASE, HTTPS = "the daemon itself", "a worker, by the database", "a worker, by HTTP at the leader"


def run(home: Path, seconds: float, chance: random.Random) -> Part:
    with a_cell(
        home, TARGETS, 1, environment={"WATCHTOWER_TOKENS": f"far probe: {FAR}"}, more="network = true\n"
    ) as cell:
        found = {way: _delays(cell, way, seconds / 3, chance) for way in (ITSELF, DATABASE, HTTPS)}
    own = sorted(found[ITSELF])
    figures = {
        f"{way}, of {ITSELF}: p50 · p99": " · ".join(
            f"{quantile(sorted(found[way]), share) / quantile(own, share):.1f}" for share in (0.5, 0.99)
        )
        for way in (DATABASE, HTTPS)
    }
    late = [
        f"{way}: more than {AIM * 1e3:.0f} ms later than by {ITSELF}, at p50"
        for way in (DATABASE, HTTPS)
        if quantile(sorted(found[way]), 0.5) > quantile(own, 0.5) + AIM
    ]
    return Part(figures, late, {f"until a fault was heard, {way}": those for way, those in found.items()})


def _delays(cell: Cell, way: str, seconds: float, chance: random.Random) -> Sequence[float]:
    words: Mapping[str, Sequence[str]] = {DATABASE: (), HTTPS: ("--to", cell.daemons[0].url)}
    store = {"WATCHTOWER_STORE": "sqlite:///none.db", "WATCHTOWER_WORK_TOKEN": FAR} if way == HTTPS else {}
    found: list[float] = []
    with ExitStack() as stack:
        if way in words:
            stack.enter_context(a_worker(cell, f"w{len(way)}", *words[way], **store))
            wait_until(lambda: cell.sql(HELD) == "256", "the worker holds all", 30.0)
            time.sleep(3.0)  # the daemon has seen it, and lets go of what it has begun
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            found += _round(cell, chance)
    return found


def _round(cell: Cell, chance: random.Random) -> Sequence[float]:
    """All targets fail, each at an instant of its own, and recover."""
    world, before = cell.world, len(cell.world.heard())
    for name in chance.sample(world.names, len(world.names)):
        time.sleep(chance.uniform(0.0, 2.0 / TARGETS))
        world.fail(name)
    wait_until(lambda: len(world.heard()) >= before + TARGETS, "every fault was heard", 30.0)
    found = [page.at - world.failed[page.check] for page in world.heard()[before:] if page.kind == "new"]
    for name in world.names:
        world.recover(name)
    wait_until(lambda: len(world.heard()) >= before + 2 * TARGETS, "every end was heard", 30.0)
    return found
