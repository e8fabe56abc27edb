"""Cadence: which checks start together, and that they start."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable

import pytest

from watchtower.core.plan import Plan
from watchtower.core.plan.checks import Check
from watchtower.scheduler import SLOTS, Scheduler, cadence, slot_for


def check(name: str, every: float) -> Check:
    return Check(name=name, probe="http", every=every, timeout=1.0, settings=None, facts={})


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
    checks = [check(f"c{i}", 5.0) for i in range(1000)]
    groups = cadence(checks, slot_for(checks))
    assert len(groups) == 10
    assert {len(names) for names in groups.values()} == {100}


@pytest.mark.parametrize(
    ("count", "every", "slot"),
    [(0, 5.0, 1.0), (1, 5.0, 1.0), (10, 5.0, 1.0), (100, 5.0, 0.5), (200, 5.0, 0.5), (1000, 5.0, 0.5),
     (2000, 5.0, 0.25), (30_000, 5.0, 0.1), (10, 0.2, 0.5), (1000, 60.0, 0.5), (5, 0.05, 0.5)],
)  # fmt: skip
def test_a_slot_follows_the_size_of_the_plan(count: int, every: float, slot: float) -> None:
    assert slot_for([check(f"c{i}", every) for i in range(count)]) == slot


def test_every_slot_divides_the_second_so_that_slots_and_ticks_wake_us_together() -> None:
    assert all(1 / slot == int(1 / slot) for slot in SLOTS)


async def test_a_reload_moves_no_cadence_by_more_than_it_must() -> None:
    """The gap between two starts of a check that stays: none without a change, at most a slot with one more check."""
    clock = [1000.0]
    scheduler = Scheduler(Recorder(), Recorder(), clock=lambda: clock[0])
    scheduler.start()

    def phases(count: int) -> dict[str, float]:
        checks = [check(f"c{i:03}", 5.0) for i in range(count)]
        scheduler.take(Plan(checks={c.name: c for c in checks}))
        return {
            name: job.next_run_time.timestamp()
            for job in scheduler._scheduler.get_jobs()
            for name in job.args[0]
        }

    before = phases(100)
    clock[0] += 1.3
    same = phases(100)
    assert all((same[name] - before[name]) in (0.0, 5.0) for name in before)
    after = phases(101)
    assert all(abs((after[name] - same[name] + 2.5) % 5.0 - 2.5) <= 0.5 for name in before)
    scheduler.stop()


def test_few_checks_are_far_apart() -> None:
    assert sorted(slot for _, slot in cadence([check("a", 10.0), check("b", 10.0)], 1.0)) == [0, 5]


def test_every_check_is_in_one_group_and_intervals_do_not_mix() -> None:
    checks = [check(f"c{i}", every) for i, every in enumerate([1.0, 5.0, 5.0, 60.0, 0.05])]
    groups = cadence(checks, 0.1)
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


async def test_a_clock_that_was_set_on_by_half_a_century_stops_nothing() -> None:
    recorder, now = Recorder(), [0.0]
    scheduler = Scheduler(recorder, recorder, clock=lambda: now[0])
    scheduler.start()
    scheduler.take(Plan(checks={f"c{i}": check(f"c{i}", 0.2) for i in range(50)}))
    now[0] = time.time()
    scheduler.resync()
    while len(set(recorder.started)) < 50:
        await asyncio.sleep(0.01)
    scheduler.stop()
