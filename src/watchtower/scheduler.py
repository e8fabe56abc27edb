"""When things run. The only importer of APScheduler.

APScheduler costs 0.2-0.5 ms a fire, more than a cheap probe, so it runs cadence groups: one job per interval
and phase slot. Checks are spread evenly over their interval in slots, since wake-ups cost more than work; slots,
ticks and chores lie on one grid, so that one wake-up serves them all.
"""

from __future__ import annotations

import logging
import math
import time
from asyncio import CancelledError
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from watchtower.core.plan import Plan
from watchtower.core.plan.checks import Check
from watchtower.imports import NO_PLUGINS, hollow, instead
from watchtower.logs import log
from watchtower.model import Instant

# Its pool of processes brings multiprocessing along: 0.6 MB that nobody here calls. It is told its zone.
with (
    hollow("concurrent.futures.process", "multiprocessing", "tzlocal"),
    instead({"importlib.metadata": NO_PLUGINS}),
):
    from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED, JobEvent
    from apscheduler.schedulers.asyncio import AsyncIOScheduler
    from apscheduler.triggers.base import BaseTrigger

for _name in ("apscheduler.scheduler", "apscheduler.executors"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)
"""What it says we say ourselves, once."""
SLOTS = (1.0, 0.5, 0.25, 0.2, 0.1)
"""Seconds: checks that are due within the same slot start together. Each divides the second, in which the daemon ticks."""
FEW, MANY, SHORT = 10, 100, 0.5
"""Checks that a slot holds at least, if it need not be longer than a second for that; how many it may hold before it
is shorter than so many seconds."""

SOON = 0.1
"""Seconds from the start to the first slot."""

Group = tuple[float, int]
"""Interval in seconds, number of the slot in it."""


class Starter(Protocol):
    """Who runs the probes."""

    def start(self, checks: Iterable[str]) -> None: ...

    def skipped(self, checks: Iterable[str], reason: str) -> None: ...


class SchedulerLedger(Protocol):
    """Who is told how punctual we are."""

    def scheduler_event(self, kind: str, check: str = "") -> None: ...

    def scheduler_lag(self, seconds: float) -> None: ...


def slot_for(checks: Iterable[Check]) -> float:
    """Seconds of a slot for so many checks: the fewer there are, the longer, for an idle wake-up costs as much."""
    rate = sum(1 / check.every for check in checks)
    wanted = max(FEW / rate, min(SHORT, MANY / rate)) if rate else SLOTS[0]
    return next((slot for slot in SLOTS if slot <= wanted), SLOTS[-1])


def cadence(checks: Iterable[Check], slot: float) -> Mapping[Group, Sequence[str]]:
    """Which checks start together. Those of one interval are spread evenly over its slots, in order of their names."""
    by_interval: dict[float, list[str]] = defaultdict(list)
    for check in checks:
        by_interval[check.every].append(check.name)
    groups: dict[Group, list[str]] = defaultdict(list)
    for every, names in by_interval.items():
        slots = max(1, int(every / slot))
        for position, name in enumerate(sorted(names)):
            groups[every, position * slots // len(names)].append(name)
    return groups


class _Every(BaseTrigger):  # type: ignore[misc]
    """Each so many seconds from the first run on. APScheduler's own counts out every run that a clock which was set
    on has left out: a machine that boots in 1970 would stand still for as long as that takes."""

    def __init__(self, seconds: float) -> None:
        self._interval = timedelta(seconds=seconds)

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        if previous is None:
            return now
        return previous + max(1, (now - previous) // self._interval) * self._interval


class Scheduler:
    """Starts each check on its cadence and runs the daemon's own chores. One event loop owns it."""

    def __init__(
        self, starter: Starter, ledger: SchedulerLedger, *,
        slot: float | None = None, clock: Callable[[], Instant] = time.time,
    ) -> None:  # fmt: skip
        """`slot` in seconds; None: as the plan needs it."""
        self._starter, self._ledger, self._slot, self._clock = starter, ledger, slot, clock
        # MISSED means that the loop was blocked for longer than this; the run is then not made up for.
        defaults = {"coalesce": True, "max_instances": 1, "misfire_grace_time": 5}
        self._scheduler = AsyncIOScheduler(timezone=UTC, job_defaults=defaults)
        self._scheduler.add_listener(self._skipped, EVENT_JOB_MISSED | EVENT_JOB_MAX_INSTANCES)
        self._scheduler.add_listener(self._failed, EVENT_JOB_ERROR)
        self._groups: dict[str, Sequence[str]] = {}
        self._skips = Counter[str]()
        """Runs that were left out, by job, since it last came to its end."""
        self._chores: dict[str, tuple[float, Callable[[], Any]]] = {}
        self._plan = Plan()
        self._epoch = 0.0
        self._beat = 0.0

    def start(self) -> None:
        self._epoch = self._clock() + SOON
        self._beat = time.monotonic()
        self._scheduler.start()

    def take(self, plan: Plan) -> None:
        """Schedule this plan's checks in place of the last one's."""
        self._plan = plan
        for job in self._groups:
            self._scheduler.remove_job(job)
        width = self._slot or slot_for(plan.checks.values())
        groups = cadence(plan.checks.values(), width)
        self._groups = {f"checks-{every:g}s-{slot}": names for (every, slot), names in groups.items()}
        for (every, slot), names in groups.items():
            phase = self._epoch + slot * width
            # A phase in the past is moved on by whole intervals, so that a reload disturbs no cadence.
            behind = max(0.0, self._clock() - phase)
            first = phase + (int(behind / every) + 1) * every if behind else phase
            self._add(self._tick, f"checks-{every:g}s-{slot}", every, first, (names, every, first))

    def chore(self, name: str, every: float, work: Callable[[], Any], *, delay: float | None = None) -> None:
        """Run `work` (plain or async, quick) every so many seconds."""
        self._chores[name] = (every, work)
        first = self._clock() + (every if delay is None else delay)
        if every >= SLOTS[0]:
            first = self._epoch + math.ceil((first - self._epoch) / SLOTS[0]) * SLOTS[0]

        async def chore() -> None:
            begun, outcome = time.monotonic(), work()
            if outcome is not None and hasattr(outcome, "__await__"):
                with suppress(CancelledError):  # the daemon ends
                    await outcome
            if skipped := self._skips.pop(name, 0):
                log.info(
                    "chore_well_again", job=name, skipped=skipped, seconds=round(time.monotonic() - begun, 1)
                )

        self._add(chore, name, every, first, ())

    def resync(self) -> None:
        """The wall clock was set, and everything is due by it: set back an hour, nothing would run for an hour."""
        self._epoch = self._clock() + SOON
        self.take(self._plan)
        for name, (every, work) in list(self._chores.items()):
            self._scheduler.remove_job(name)
            self.chore(name, every, work)

    def late(self) -> float:
        """Seconds since the scheduler last showed a sign of life."""
        return time.monotonic() - self._beat

    def beat(self) -> None:
        """The chore that shows it."""
        self._beat = time.monotonic()

    def stop(self) -> None:
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    def _add(self, function: Any, id: str, every: float, first: Instant, arguments: tuple[Any, ...]) -> None:
        start = datetime.fromtimestamp(first, UTC)
        grace = max(1, round(min(every / 2, 30)))
        self._scheduler.add_job(
            function, _Every(every), arguments, id=id, misfire_grace_time=grace, next_run_time=start
        )

    async def _tick(self, names: Sequence[str], every: float, first: Instant) -> None:
        self._ledger.scheduler_lag((self._clock() - first) % every)
        self._starter.start(names)

    def _skipped(self, event: JobEvent) -> None:
        kind = "missed" if event.code == EVENT_JOB_MISSED else "max_instances"
        names = self._groups.get(event.job_id, ())
        self._ledger.scheduler_event(kind, event.job_id)
        self._skips[event.job_id] += 1
        if self._skips[event.job_id] == 1 or event.job_id not in self._chores:
            log.warning("scheduler_missed", kind=kind, check=event.job_id)
        self._starter.skipped(names, "missed")

    def _failed(self, event: Any) -> None:
        log.error("chore_failed", job=event.job_id, exc_info=event.exception)
        self._ledger.scheduler_event("error", event.job_id)
