"""Cadence: which checks start together, and that they start."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable

from watchtower.core.plan import Check, Plan
from watchtower.scheduler import SLOT, Scheduler, cadence


def check(name: str, every: float) -> Check:
    return Check(name, "http", every, 1.0, None, {})


class Recorder:
    def __init__(self) -> None:
        self.started: list[str] = []
        self.skips: list[tuple[str, str]] = []
        self.events: list[str] = []
        self.lags: list[float] = []

    def start(self, checks: Iterable[str]) -> None:
        self.started += checks

    def skipped(self, checks: Iterable[str], reason: str) -> None:
        self.skips += [(name, reason) for name in checks]

    def scheduler_event(self, kind: str, check: str = "") -> None:
        self.events.append(kind)

    def scheduler_lag(self, seconds: float) -> None:
        self.lags.append(seconds)


def test_a_thousand_checks_are_spread_evenly_over_their_interval() -> None:
    groups = cadence(check(f"c{i}", 5.0) for i in range(1000))
    assert len(groups) == 5.0 / SLOT
    assert {len(names) for names in groups.values()} == {20}


def test_few_checks_are_far_apart() -> None:
    assert sorted(slot for _, slot in cadence([check("a", 10.0), check("b", 10.0)])) == [0, 50]


def test_every_check_is_in_one_group_and_intervals_do_not_mix() -> None:
    checks = [check(f"c{i}", every) for i, every in enumerate([1.0, 5.0, 5.0, 60.0, 0.05])]
    groups = cadence(checks)
    assert sorted(name for names in groups.values() for name in names) == sorted(c.name for c in checks)
    assert {every for every, _ in groups} == {1.0, 5.0, 60.0, 0.05}


async def test_checks_start_again_and_again_and_new_plans_take_over() -> None:
    recorder = Recorder()
    scheduler = Scheduler(recorder, recorder)
    scheduler.start()
    scheduler.take(Plan(checks={"a": check("a", 0.2)}))
    while recorder.started.count("a") < 3:
        await asyncio.sleep(0.01)
    scheduler.take(Plan(checks={"b": check("b", 0.2)}))
    before = recorder.started.count("a")
    while recorder.started.count("b") < 2:
        await asyncio.sleep(0.01)
    scheduler.stop()
    assert recorder.started.count("a") == before
    assert recorder.skips == []


async def test_a_run_that_could_not_start_in_time_is_reported_not_made_up_for() -> None:
    recorder = Recorder()
    scheduler = Scheduler(recorder, recorder)
    scheduler.start()
    scheduler.take(Plan(checks={"a": check("a", 2.0)}))
    while not recorder.started:
        await asyncio.sleep(0.01)
    await block_the_loop(3.4)
    while not recorder.skips:
        await asyncio.sleep(0.01)
    scheduler.stop()
    assert recorder.skips[0] == ("a", "missed")
    assert "missed" in recorder.events


async def block_the_loop(seconds: float) -> None:
    """What a probe does that must not: it holds the event loop."""
    import time

    time.sleep(seconds)


async def test_a_chore_that_fails_is_counted_and_runs_again() -> None:
    recorder = Recorder()
    scheduler = Scheduler(recorder, recorder)
    scheduler.start()
    runs: list[int] = []

    def work() -> None:
        runs.append(1)
        raise RuntimeError("no")

    scheduler.chore("chore", 0.1, work, delay=0.0)
    while len(runs) < 2:
        await asyncio.sleep(0.01)
    scheduler.stop()
    assert "error" in recorder.events


async def test_a_clock_that_was_set_back_stops_nothing() -> None:
    recorder, ahead, chores = Recorder(), [3600.0], []
    scheduler = Scheduler(recorder, recorder, clock=lambda: time.time() + ahead[0])
    scheduler.start()
    scheduler.take(Plan(checks={"a": check("a", 0.2)}))
    scheduler.chore("chore", 0.1, lambda: chores.append(1))
    await asyncio.sleep(0.5)
    assert (recorder.started, chores) == ([], [])  # due by a clock that was an hour ahead
    ahead[0] = 0.0
    scheduler.resync()
    while not recorder.started or not chores:
        await asyncio.sleep(0.01)
    scheduler.stop()
