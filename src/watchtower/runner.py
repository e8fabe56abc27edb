"""Runs probes: opens them, starts them when told, keeps them to their time, and turns whatever happens into observations.

A crash in a probe, a probe that overruns and a probe that was never started are all `unknown` observations
with a named reason. None of them is the daemon's end, and none of them delays another check.
"""

from __future__ import annotations

import asyncio
import inspect
import math
import time
import traceback
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import lru_cache
from typing import Any

from watchtower.core.plan import Plan
from watchtower.core.plan.checks import Check
from watchtower.logs import log
from watchtower.model import NO_NETWORK, Instant, Observation, Outcome, Reading, Value
from watchtower.numbers import as_number
from watchtower.outside_text import clean
from watchtower.probes.contract import Probe, Services, Target, readings, unknown
from watchtower.probes.registry import Registry
from watchtower.values import Mutable, replace

FRESH = 1.0
"""Seconds for which it is known whether this machine has a network."""
GRACE = 1.0
"""Seconds beyond its timeout after which a probe that has not ended is given up."""

EXCESS = 0.5
"""Seconds beyond its timeout from which a bad result says nothing about the target: this process stood still."""

PATIENCE = 10.0
"""Seconds for all probes together to open, or to close: neither a reload nor the end waits longer."""
READINGS = 1000
"""Readings that one run may give."""
SERIES = 10_000
"""Names of series that are remembered as cleaned: to clean one anew each time takes eight microseconds."""

_NO_WAY = ("no_route", "resolver")
"""Of another check these say that we cannot tell; of the check of our network, that there is none."""
_ANYTHING = (Exception, SystemExit, KeyboardInterrupt)
"""What a site's code may raise. `sys.exit(0)` in a probe would be the daemon's end, and a clean one; only being cancelled
is not the probe's own."""

Observe = Callable[[Observation], None]


class _Job(Mutable):
    """One check's probe and its run in progress."""

    check: Check
    probe: Probe
    is_async: bool
    task: asyncio.Task[None] | None = None
    started: float = 0.0
    """Monotonic seconds."""

    def failed(self, observation: Observation) -> bool:
        """Whether a network that is cut may have made it so: it failed, or nobody reported anything to it."""
        reading = observation.reading
        nothing = self.probe.by_name and reading.measurements.get("requests") == 0.0
        return nothing or reading.outcome is not Outcome.UP


class Runner:
    """Owned by one event loop. `observe` is called in it for every reading. `location` is where checks with locations are
    made here."""

    def __init__(
        self,
        registry: Registry,
        services: Services,
        observe: Observe,
        redact: Callable[[str], str],
        *,
        threads: int = 8,
        location: str = "",
        clock: Callable[[], Instant] = time.time,
    ) -> None:
        self._registry, self._services, self._redact = registry, services, redact
        self.observe = observe
        self._named = lru_cache(SERIES)(lambda series: self._text(str(series))[:200])
        self._said = lru_cache(SERIES)(self._text)
        """For texts that are measured: an address or a version is the same at every run."""
        self._clock, self._location = clock, location
        self._jobs: dict[str, _Job] = {}
        self._running: dict[str, _Job] = {}
        self._threads, self._count = ThreadPoolExecutor(threads, thread_name_prefix="probe"), threads
        self._network, self._network_at, self._cut, self._cut_at = "", -math.inf, False, -math.inf
        """The check that says whether we have a network; when it said so last, what, and when it last had none."""
        self._due: dict[int, float] = {}
        """By run: when it should give its thread back, in monotonic seconds."""

    async def take(self, plan: Plan, registry: Registry) -> None:
        """Open the probes of new and changed checks, close those that are gone; the others run on undisturbed."""
        self._registry = registry
        if plan.watchdog.network != self._network:
            self._network, self._cut, self._cut_at = plan.watchdog.network, False, -math.inf
        self._named.cache_clear()  # with other secrets, perhaps
        self._said.cache_clear()
        closing = [
            job for name, job in self._jobs.items() if _source(job.check) != _source(plan.checks.get(name))
        ]
        opening = []
        for job in closing:
            del self._jobs[job.check.name]
        for check in plan.checks.values():
            kept = self._jobs.get(check.name)
            if kept is not None:
                kept.check = check
                continue
            made = self._make(check)
            if made is not None:
                self._jobs[check.name] = made
                opening.append(made)
        await self._all(closing, self._close, PATIENCE)
        await self._all(opening, self._open, PATIENCE)

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

    @property
    def threads_hang(self) -> bool:
        """Whether every thread is held by a probe beyond its time: no other plain function is measured then."""
        now = time.monotonic()
        return sum(due < now for due in list(self._due.values())) >= self._count

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
                if job.is_async or id(job) in self._due:
                    self._say(
                        name, unknown("timeout", f"its probe did not end within {job.check.timeout:g} s")
                    )
                else:
                    self._say(name, unknown("no_thread", "every thread for probes is held by another check"))
                if job.is_async:
                    job.task.cancel()

    async def close(self, within: float = PATIENCE) -> None:
        """End every run and close every probe, as far as they let themselves be ended in so many seconds."""
        tasks = [job.task for job in self._jobs.values() if job.task is not None and job.is_async]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=within / 2)
        await self._all(self._jobs.values(), self._close, within / 2)
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, job: _Job) -> None:
        try:
            result = await self._result(job)
            # A run that was given up, or whose check a reload has changed meanwhile, has nothing to say any more.
            if self._running.get(job.check.name) is job:
                del self._running[job.check.name]
                said = self._observations(job, result)
                if job.check.network and any(map(job.failed, said)):
                    await self._ask_network(job)
                for one in said:
                    observation = self._as_far_as_known(one, job.started)
                    self._services.counts.add(observation, job.check.every)
                    self.observe(observation)
        finally:
            job.task = None

    async def _ask_network(self, job: _Job) -> None:
        """Whether it is the target or we: the check of our own network runs now, unless it just did."""
        network = self._jobs.get(self._network)
        if network is None or network is job or time.monotonic() - self._network_at < FRESH:
            return
        if network.task is None:
            self.start([self._network])
        if network.task is not None:
            await asyncio.wait([network.task], timeout=network.check.timeout + GRACE)

    def _as_far_as_known(self, observation: Observation, started: float) -> Observation:
        """What failed while this machine had no network says nothing of its target. Nor do pushes that cannot reach us."""
        job, reading = self._jobs.get(observation.check), observation.reading
        if job is None or not self._network:
            return observation
        if observation.check == self._network:
            if reading.reason in _NO_WAY:
                reading = replace(reading, outcome=Outcome.DOWN)
            if reading.outcome is not Outcome.UNKNOWN:
                self._network_at, self._cut = time.monotonic(), reading.outcome is Outcome.DOWN
                self._cut_at = self._network_at if self._cut else self._cut_at
        elif job.check.network and (self._cut or self._cut_at >= started) and job.failed(observation):
            reading = Reading(Outcome.UNKNOWN, {}, NO_NETWORK, "this machine has no network", reading.series)
        return replace(observation, reading=reading)

    async def _result(self, job: _Job) -> Any:
        try:
            if job.is_async:
                return await job.probe.probe()
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, self._in_thread, job)
        except _ANYTHING as error:
            return self._crashed(job.check.name, error)

    def _in_thread(self, job: _Job) -> Any:
        self._due[id(job)] = time.monotonic() + job.check.timeout + GRACE
        try:
            return job.probe.probe()
        finally:
            del self._due[id(job)]

    def _observations(self, job: _Job, result: Any) -> Sequence[Observation]:
        at, duration = self._clock(), time.monotonic() - job.started
        found = readings(result)
        if duration > job.check.timeout + EXCESS and (late := _out_of_time(found)):
            found = [late]
        try:
            if not isinstance(found, (list, tuple)) or not all(isinstance(r, Reading) for r in found):
                raise TypeError("probe() must return a Reading, or a list of them")
            if len(found) > READINGS:
                raise ValueError(f"probe() gave {len(found)} readings; at most {READINGS} are taken")
            said = [self._clean(reading) for reading in found]
        except _ANYTHING as error:
            said = [self._crashed(job.check.name, error)]
        where = self._location if job.check.locations else ""
        return [Observation(job.check.name, at, reading, duration, where) for reading in said]

    def _clean(self, reading: Reading) -> Reading:
        """No secret leaves this room, and nothing that a rule or a page could stumble over, whoever wrote the probe."""
        series = self._named(reading.series) if reading.series else ""
        if reading.outcome is Outcome.UP and not reading.detail and series == reading.series:
            if all(map(self._is_clean, reading.measurements.values())):
                return reading
        return replace(
            reading,
            outcome=Outcome(reading.outcome),
            measurements={
                name: (self._said if len(value) <= 200 else self._text)(value)
                if isinstance(value, str)
                else value
                for name, value in _plain(reading).items()
            },
            reason=self._text(reading.reason)[:100],
            detail=self._text(reading.detail),
            series=series,
        )

    def _is_clean(self, value: Value) -> bool:
        if type(value) is str:
            return len(value) <= 200 and self._said(value) == value
        return value is None or _counts(value)

    def _text(self, text: str) -> str:
        """Short, without secrets, and without NUL (at which CEL takes a text to end), escapes and half characters."""
        return self._redact(clean(text[:4000]))[:500]

    def _crashed(self, check: str, error: BaseException) -> Reading:
        told = self._redact("".join(traceback.format_exception(error)))  # commands log without a redaction
        log.error("probe_crashed", check=check, exception=told.rstrip())
        return unknown("crashed", self._text(f"{type(error).__name__}: {error}"))

    def _say(self, check: str, reading: Reading) -> None:
        job = self._jobs.get(check)
        where = self._location if job is not None and job.check.locations else ""
        seen = Observation(check, self._clock(), reading, location=where)
        self.observe(self._as_far_as_known(seen, time.monotonic()))

    def _make(self, check: Check) -> _Job | None:
        try:
            kind = self._registry.get(check.probe)
            target = Target(check.name, check.every, check.timeout, tuple(check.flows))
            probe = kind(check.settings, target)
        except _ANYTHING as error:
            self._crashed(check.name, error)
            return None
        return _Job(check, probe, inspect.iscoroutinefunction(probe.probe))

    async def _all(
        self, jobs: Iterable[_Job], work: Callable[[_Job], Coroutine[Any, Any, None]], within: float
    ) -> None:
        tasks = {asyncio.create_task(work(job)): job.check.name for job in jobs}
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=within)
        for task in late:
            task.cancel()
            log.error("probe_overran", check=tasks[task], within=within, work=work.__name__.strip("_"))

    async def _open(self, job: _Job) -> None:
        try:
            await job.probe.open(self._services)
        except _ANYTHING as error:
            self._crashed(job.check.name, error)

    async def _close(self, job: _Job) -> None:
        if job.task is not None and job.is_async:
            job.task.cancel()
        if self._running.get(job.check.name) is job:
            del self._running[job.check.name]
        try:
            await job.probe.close()
        except _ANYTHING as error:
            self._crashed(job.check.name, error)


def _source(check: Check | None) -> object:
    """What makes a probe another probe."""
    if check is None:
        return None
    return check.probe, check.settings, check.every, check.timeout, tuple(check.flows)


def _counts(value: Value) -> bool:
    return type(value) in (float, bool) and math.isfinite(value)  # type: ignore[arg-type]


def _out_of_time(found: Any) -> Reading | None:
    """What comes of a run that ended far beyond its time: whoever was stopped, or got no processor, for a while finds
    that all its timeouts have passed, though the answers lie in its sockets."""
    if any(isinstance(reading, Reading) and reading.outcome is Outcome.DOWN for reading in found):
        return unknown(
            "stood_still", "the daemon did not run for a while: it was stopped, or the machine is too busy"
        )
    return None


def _plain(reading: Reading) -> Mapping[str, Value]:
    """The measurements as rules know them; NaN and infinity, with which every comparison lies, are not known.

    Raises TypeError for one that is no number, bool, text or None.
    """
    out: dict[str, Value] = {}
    measured: Mapping[str, Any] = reading.measurements  # a site's probe may put anything there
    for name, value in measured.items():
        if value is None or isinstance(value, (bool, str)) or _counts(value):
            out[name] = value
        elif isinstance(value, (float, int, Decimal)):
            out[name] = as_number(value)
        else:
            raise TypeError(f"the measurement {name} is a {type(value).__name__}, not a number, bool or text")
    return out
