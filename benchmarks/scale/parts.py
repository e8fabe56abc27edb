"""Where the time of a flow and poll goes: the rooms that an observation passes, in this process, one after the other."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.scale.flows import EVERY, Fleet, kind, rate, states
from benchmarks.scale.watched import SCRAPE
from watchtower.app.daemon import CHECKPOINT, SAVED, SLICE
from watchtower.app.inbox import Inbox
from watchtower.config.load import load
from watchtower.core.events import Observed, Ticked
from watchtower.core.incident.incidents import Page
from watchtower.core.pipeline.engine import Engine
from watchtower.detectors import DETECTORS
from watchtower.journal import Journal
from watchtower.model import Observation, Outcome, Reading
from watchtower.probes.registry import Registry
from watchtower.store.sqlite import SqliteStore
from watchtower.telemetry import Telemetry

_POLLS = 5


class _Nobody:
    """Pages go nowhere."""

    def offer(self, pages: Sequence[Page]) -> None: ...

    def cancel(self, pages: Sequence[str]) -> None: ...


@dataclass(frozen=True)
class Parts:
    """µs of processor time a flow and poll. Saving, ticks and scrapes come in their own time; this is their share.
    `slice_ms` is how long the loop is kept by one slice of a checkpoint."""

    detector: float
    engine: float
    inbox: float
    saving: float
    ticks: float
    scrapes: float
    slice_ms: float


def _polls(fleet: Fleet, end: float) -> list[list[Observation]]:
    rng, out = np.random.default_rng(5), []
    for poll in range(1, 3 * _POLLS + 1):
        at = end + poll * EVERY
        out.append([
            Observation(fleet.check(n), at, Reading(
                Outcome.UP, {"requests": float(rng.poisson(rate(kind(n, m), at) * EVERY))}, series=fleet.flow(n, m), covers=EVERY,
            ))
            for n in range(fleet.checks)
            for m in range(fleet.series)
        ])  # fmt: skip
    return out


def measure(fleet: Fleet, work: Path) -> Parts:
    """One core, so processor time: of the median poll of five."""
    end = time.time() - 3 * _POLLS * EVERY
    plan = load(
        work / "rules.toml", work / "checks", {"BENCH_SECRET": "x"}, Registry.load(work / "checks")
    ).plan
    polls, known = _polls(fleet, end), states(fleet, end)
    traffic, settings = DETECTORS["traffic"], next(iter(plan.checks.values())).detect
    detectors: list[tuple[Any, Observation]] = []
    for observation in polls[0]:
        detector = traffic(settings, EVERY)
        detector.restore(known[observation.check, observation.reading.series])
        detectors.append((detector, observation))

    def detect(poll: list[Observation]) -> None:
        for (detector, _), observation in zip(detectors, poll, strict=True):
            detector.update(observation)

    own = _median(detect, polls[:_POLLS])
    detectors.clear()
    engine = Engine(plan, DETECTORS, end)
    engine.restore((), (), (), known, 0, end)
    for observation in polls[0]:
        engine.handle(Observed(observation), observation.at)
    gc.collect()

    def handle(poll: list[Observation]) -> None:
        for observation in poll:
            engine.handle(Observed(observation), observation.at)

    judged = _median(handle, polls[1 : 1 + _POLLS])
    return asyncio.run(_through_inbox(fleet, plan, engine, polls[1 + _POLLS :], work, own, judged))


async def _through_inbox(
    fleet: Fleet,
    plan: Any,
    engine: Engine,
    polls: list[list[Observation]],
    work: Path,
    own: float,
    judged: float,
) -> Parts:
    store = SqliteStore(work / "parts.db")
    await store.open()
    telemetry = Telemetry("benchmark")
    telemetry.reloaded(True, (), plan)
    inbox = Inbox(engine, Journal(store, _Nobody(), telemetry.store_commit), telemetry)

    def observe(poll: list[Observation]) -> None:
        for observation in poll:
            inbox.observe(observation)
        inbox.drain()

    whole = _median(observe, polls[:_POLLS])
    begun, slices = time.process_time(), []
    for _ in range(0, fleet.flows, SLICE):
        at = time.perf_counter()
        saving = asyncio.create_task(store.save_detectors(engine.detectors.changed(SLICE)))
        await asyncio.sleep(0)
        slices.append(time.perf_counter() - at)
        await saving
    saved = (time.process_time() - begun) / fleet.flows * 1e6
    begun = time.process_time()
    await telemetry.scrape()
    scraped = (time.process_time() - begun) / fleet.flows * 1e6
    ticked = 0.0
    for poll in polls[_POLLS : _POLLS + 2]:  # the first take what has gathered so far
        observe(poll)
        begun = time.process_time()
        for second in range(int(EVERY)):  # a series is looked at in one of them, not in each
            engine.handle(Ticked(), poll[0].at + second)
        ticked = (time.process_time() - begun) / fleet.flows * 1e6
    await store.close()
    return Parts(
        own, judged - own, whole - judged, saved * min(1.0, SAVED / fleet.flows) * EVERY / CHECKPOINT,
        ticked, scraped * EVERY / SCRAPE, max(slices) * 1e3,
    )  # fmt: skip


def _median(work: Callable[[list[Observation]], None], polls: list[list[Observation]]) -> float:
    took = []
    for poll in polls:
        begun = time.process_time()
        work(poll)
        took.append((time.process_time() - begun) / len(poll) * 1e6)
    return float(np.median(took))
