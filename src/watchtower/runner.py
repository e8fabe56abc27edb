"""Runs probes: opens them, starts them when told, keeps them to their time, and turns whatever happens into observations.

A crash in a probe, a probe that overruns and a probe that was never started are all `unknown` observations
with a named reason. None of them is the daemon's end, and none of them delays another check.
"""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from watchtower.core.plan import Check, Plan
from watchtower.logs import log
from watchtower.model import Instant, Observation, Outcome, Reading
from watchtower.probes.contract import Probe, Services, Target, readings, unknown
from watchtower.probes.registry import Registry

GRACE = 1.0
"""Seconds beyond its timeout after which a probe that has not ended is given up."""

Observe = Callable[[Observation], None]


@dataclass(slots=True)
class _Job:
    """One check's probe and its run in progress."""

    check: Check
    probe: Probe
    is_async: bool
    task: asyncio.Task[None] | None = None
    started: float = 0.0
    """Monotonic seconds."""


class Runner:
    """Owned by one event loop. `observe` is called in it for every reading."""

    def __init__(
        self,
        registry: Registry,
        services: Services,
        observe: Observe,
        redact: Callable[[str], str],
        *,
        threads: int = 8,
        clock: Callable[[], Instant] = time.time,
    ) -> None:
        self._registry, self._services, self._observe, self._redact = registry, services, observe, redact
        self._clock = clock
        self._jobs: dict[str, _Job] = {}
        self._running: dict[str, _Job] = {}
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="probe")

    async def take(self, plan: Plan, registry: Registry) -> None:
        """Open the probes of new and changed checks, close those that are gone; the others run on undisturbed."""
        self._registry = registry
        closing = [
            job for name, job in self._jobs.items() if _source(job.check) != _source(plan.checks.get(name))
        ]
        for job in closing:
            del self._jobs[job.check.name]
            await self._close(job)
        for check in plan.checks.values():
            kept = self._jobs.get(check.name)
            if kept is not None:
                kept.check = check
                continue
            made = self._make(check)
            if made is not None:
                self._jobs[check.name] = made
                await self._open(made)

    def probe(self, check: str) -> Probe:
        """The live probe of this check; KeyError when there is none."""
        return self._jobs[check].probe

    def start(self, checks: Iterable[str]) -> None:
        """Start these checks' probes now. One whose last run has not ended is `unknown`, reason `overrun`."""
        loop = asyncio.get_running_loop()
        for name in checks:
            job = self._jobs.get(name)
            if job is None:
                self._say(name, unknown("not_open", "its probe could not be made: see the log"))
            elif job.task is not None:
                self._say(name, unknown("overrun", "its last run has not ended yet"))
            else:
                job.started = time.monotonic()
                self._running[name] = job
                job.task = loop.create_task(self._run(job))

    def skipped(self, checks: Iterable[str], reason: str) -> None:
        """The scheduler could not start these in time."""
        for name in checks:
            self._say(name, unknown(reason, "the daemon was too busy to run its probe"))

    async def run_times(self, check: Check, times: int) -> Sequence[Observation]:
        """Open, run so many times, each `every` seconds, close: for `watchtower probe`."""
        job = self._make(check)
        if job is None:
            return [Observation(check.name, self._clock(), unknown("crashed", "its probe could not be made"))]
        await self._open(job)
        seen: list[Observation] = []
        for turn in range(times):
            if turn:
                await asyncio.sleep(check.every)
            job.started = time.monotonic()
            seen += self._observations(job, await self._result(job))
        await self._close(job)
        self._threads.shutdown(wait=False, cancel_futures=True)
        return seen

    def sweep(self) -> None:
        """Give up runs beyond their time. A thread cannot be ended: its check stays `overrun` until it returns."""
        now = time.monotonic()
        for name, job in list(self._running.items()):
            if job.task is not None and now - job.started > job.check.timeout + GRACE:
                del self._running[name]
                self._say(name, unknown("timeout", f"its probe did not end within {job.check.timeout:g} s"))
                if job.is_async:
                    job.task.cancel()

    async def close(self) -> None:
        """End every run and close every probe."""
        tasks = [job.task for job in self._jobs.values() if job.task is not None and job.is_async]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for job in self._jobs.values():
            await self._close(job)
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, job: _Job) -> None:
        try:
            result = await self._result(job)
            if self._running.pop(job.check.name, None) is not None:
                for observation in self._observations(job, result):
                    self._observe(observation)
        finally:
            job.task = None

    async def _result(self, job: _Job) -> Any:
        try:
            if job.is_async:
                return await job.probe.probe()
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, job.probe.probe)
        except Exception as error:  # noqa: BLE001 - a probe, ours or a site's, may raise anything
            return self._crashed(job.check.name, error)

    def _observations(self, job: _Job, result: Any) -> Sequence[Observation]:
        at, duration = self._clock(), time.monotonic() - job.started
        found = readings(result)
        if not isinstance(found, (list, tuple)) or not all(isinstance(reading, Reading) for reading in found):
            found = [
                self._crashed(job.check.name, TypeError("probe() must return a Reading, or a list of them"))
            ]
        return [Observation(job.check.name, at, self._clean(reading), duration) for reading in found]

    def _clean(self, reading: Reading) -> Reading:
        """No secret leaves this room, whoever wrote the probe."""
        if reading.outcome is Outcome.UP:
            return reading
        return replace(reading, detail=self._redact(reading.detail)[:500])

    def _crashed(self, check: str, error: Exception) -> Reading:
        log.error("probe_crashed", check=check, exc_info=error)
        return unknown("crashed", self._redact(f"{type(error).__name__}: {error}"))

    def _say(self, check: str, reading: Reading) -> None:
        self._observe(Observation(check, self._clock(), reading))

    def _make(self, check: Check) -> _Job | None:
        try:
            kind = self._registry.get(check.probe)
            target = Target(check.name, check.every, check.timeout, tuple(check.flows))
            probe = kind(check.settings, target)
        except Exception as error:  # noqa: BLE001 - a site's own constructor may do anything
            self._crashed(check.name, error)
            return None
        return _Job(check, probe, inspect.iscoroutinefunction(probe.probe))

    async def _open(self, job: _Job) -> None:
        try:
            await job.probe.open(self._services)
        except Exception as error:  # noqa: BLE001 - as above
            self._crashed(job.check.name, error)

    async def _close(self, job: _Job) -> None:
        if job.task is not None and job.is_async:
            job.task.cancel()
        self._running.pop(job.check.name, None)
        try:
            await job.probe.close()
        except Exception as error:  # noqa: BLE001 - as above
            self._crashed(job.check.name, error)


def _source(check: Check | None) -> object:
    """What makes a probe another probe."""
    if check is None:
        return None
    return check.probe, check.settings, check.every, check.timeout, tuple(check.flows)
