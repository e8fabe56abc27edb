"""A worker: it makes the checks of its shards, and writes what they measured for the daemon that leads: each second, and what is
not well, or was not, at once."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack, suppress
from secrets import token_hex
from typing import Protocol

from watchtower import __version__
from watchtower.api.contract import OFF
from watchtower.app.configuration import Configuration
from watchtower.app.probing import Probing
from watchtower.app.service_manager import say
from watchtower.app.serving import Working
from watchtower.app.sharding import KEPT, Checks, body_of, by_slot, slot_of
from watchtower.app.watch import Signature
from watchtower.config.environment import EnvironmentSettings
from watchtower.config.loaded import Loaded
from watchtower.core.plan import Plan
from watchtower.curl import CurlFleet
from watchtower.errors import StoreAway
from watchtower.logs import log
from watchtower.model import Observation, Outcome
from watchtower.probes.contract import Services
from watchtower.probes.registry import Registry
from watchtower.store import open_store
from watchtower.store.shards import Batch, Identity, Work, WorkerState
from watchtower.telemetry import Telemetry
from watchtower.values import replace

BEAT, LOOK = 1.0, 2.0
"""Seconds between two beats, and between two looks at the files."""
GATHER = 0.05
"""Seconds between two messages of what is not well: in a wide outage it comes together."""
MOST = 1000
"""Batches in one message."""
STOP = 3.0
"""Seconds for the last message."""


class WayIn(Protocol):
    """How a worker reaches the daemons: their database, or HTTPS. All raise StoreAway."""

    async def work(self, who: Identity, state: WorkerState) -> Work: ...

    async def send(self, location: str, batches: Sequence[Batch]) -> None: ...

    async def leave(self, id: str, location: str, turn: int) -> None: ...

    def close(self) -> None: ...


def _way_in(settings: EnvironmentSettings, url: str, curl: CurlFleet) -> WayIn:
    if settings.work_token is not None and url:
        from watchtower.app.https_door import HttpsDoor

        return HttpsDoor(
            url, settings.work_token.get_secret_value(), curl, str(settings.tls_certificate or "")
        )
    shards = open_store(settings.store).shards()
    assert shards is not None, "serving.py has looked"
    return shards


class Worker:
    """Owned by the event loop. Signals set `stop` and `reload`."""

    def __init__(
        self, configuration: Configuration, working: Working, stop: asyncio.Event, reload: asyncio.Event
    ) -> None:  # fmt: skip
        self._telemetry = Telemetry(__version__)
        self._configuration, home = configuration, configuration.settings.location
        location = working.location or home
        self._who = Identity(token_hex(8), working.name, location, location == home)
        self._probing = Probing(configuration, Services(), self._observe, self._telemetry, self._died)
        self._probing.own = self._own
        self._way = _way_in(configuration.settings, working.url, self._probing.services.curl)
        self._stop, self._reload = stop, reload
        self._cause: BaseException | None = None
        self._checks: Sequence[Checks] = ()
        self._held: dict[int, tuple[int, int]] = {}
        self._measured: dict[int, list[Observation]] = defaultdict(list)
        self._unwell = set[tuple[str, str]]()
        """Check and series of what was not up when it was last measured."""
        self._urgent, self._wake = set[int](), asyncio.Event()
        """Slots with something that leaves before the next beat."""
        self._waiting: deque[tuple[float, int, Batch]] = deque()
        """Batches with the monotonic time at which they were made and how many observations they have."""
        self._seq = self._dropped = 0
        self._skew, self._said = 0.0, dict[str, object]()
        self._plan_hash = ""

    async def run(self) -> None:
        """Until `stop` is set."""
        async with AsyncExitStack() as stack:
            stack.callback(self._way.close)
            ending = asyncio.create_task(self._stop.wait())
            ending.add_done_callback(lambda _: self._wake.set())
            stack.callback(ending.cancel)
            await self._replace_plan()
            await self._probing.open(stack)
            scheduler = self._probing.scheduler
            scheduler.start()
            stack.callback(scheduler.stop)
            scheduler.chore("sweep", BEAT, self._sweep)
            scheduler.chore("watch-files", LOOK, self._look)
            say("READY=1")
            log.info("working", worker=self._who.name, location=self._who.location, version=__version__)
            while not self._stop.is_set():
                begun = time.monotonic()
                await self._round()
                await self._until(begun + BEAT)
            await self._give_back()
        if self._cause is not None:
            raise self._cause

    # ---- what is measured ----------------------------------------------------------------------------------

    def _observe(self, observation: Observation) -> None:
        slot = slot_of(observation.check)
        if slot in self._held and observation.check in self._checks[slot]:
            self._measured[slot].append(observation)
            series, up = (
                (observation.check, observation.reading.series),
                observation.reading.outcome is Outcome.UP,
            )
            if not up or series in self._unwell:
                self._urgent.add(slot)
                self._wake.set()
            (self._unwell.discard if up else self._unwell.add)(series)

    def _cut(self, slots: Iterable[int]) -> None:
        """Makes batches of what was measured since."""
        now = time.monotonic()
        self._seq += 1
        for slot in list(slots):
            self._urgent.discard(slot)
            some = self._measured.pop(slot, ())
            if some and (held := self._held.get(slot)) is not None:
                batch = Batch(*held, self._seq, body_of(some, self._skew))
                self._waiting.append((now, len(some), batch))
        lost = 0
        while self._waiting and now - self._waiting[0][0] > KEPT:
            lost += self._waiting.popleft()[1]
        if lost:
            self._dropped += lost
            log.warning("observations_dropped", count=lost, seconds=KEPT)

    # ---- the exchange --------------------------------------------------------------------------------------

    async def _until(self, beat: float) -> None:
        """Waits for the next beat; what is urgent leaves meanwhile, unless the last one was not answered."""
        while not self._stop.is_set() and (left := beat - time.monotonic()) > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._wake.wait()
            self._wake.clear()
            if self._urgent and not self._said["unanswered"]:
                begun = time.monotonic()
                self._cut(self._urgent)
                try:
                    await self._send()
                except StoreAway as error:
                    self._say("unanswered", str(error))
                await asyncio.sleep(max(0.0, begun + GATHER - time.monotonic()))

    async def _round(self) -> None:
        self._cut(self._measured)
        try:
            await self._send()
            state = WorkerState(self._plan_hash, __version__, time.time(), self._dropped, self._seq)
            found = await self._way.work(self._who, state)
        except StoreAway as error:
            self._say("unanswered", str(error))
            return
        self._say("unanswered", "")
        self._say("other_plan", found.plan if found.plan not in ("", self._plan_hash) else "")
        self._skew = found.skew if abs(found.skew) > OFF else 0.0
        self._say("clock_off", round(self._skew))
        moved, self._held = found.shards.keys() != self._held.keys(), dict(found.shards)
        if moved:
            log.info("shards", held=len(self._held), location=self._who.location)
            self._probing.retake(lambda: set(self._held))

    async def _send(self) -> None:
        while self._waiting:
            some = [self._waiting[n] for n in range(min(MOST, len(self._waiting)))]
            await self._way.send(self._who.location, [batch for _, _, batch in some])
            for _ in some:
                self._waiting.popleft()

    async def _give_back(self) -> None:
        self._probing.scheduler.stop()
        self._cut(self._measured)
        try:
            async with asyncio.timeout(STOP):
                await self._send()
                await self._way.leave(self._who.id, self._who.location, self._seq)
        except (StoreAway, TimeoutError) as error:
            log.warning("end_incomplete", part="shards", error=str(error))

    def _say(self, event: str, what: object) -> None:
        """Once, when it changes."""
        if self._said.get(event, "") != what and (what or event in self._said):
            (log.warning if what else log.info)(event if what else f"{event}_no_more", what=what)
        self._said[event] = what

    # ---- its part of the plan ------------------------------------------------------------------------------

    async def _own(self, plan: Plan) -> Plan:
        network = plan.watchdog.network
        checks = {network: plan.checks[network]} if network in plan.checks else {}
        for slot in self._held:
            checks.update(self._checks[slot])
        return replace(plan, checks=checks)

    async def _replace_plan(self) -> None:
        plan, registry = self._configuration.plan, self._configuration.registry
        here = self._who.location, self._who.home
        self._checks = await asyncio.to_thread(lambda: by_slot(plan, registry, here[0], home=here[1]))
        self._plan_hash = await asyncio.to_thread(self._configuration.plan_hash)
        if not any(self._checks):
            log.warning("no_check_here", location=here[0], hint="no check names this location")

    def _sweep(self) -> None:
        self._probing.scheduler.beat()
        self._probing.runner.sweep()

    async def _look(self) -> None:
        if self._reload.is_set() or await asyncio.to_thread(self._configuration.changed):
            self._reload.clear()
            await self._configuration.reload(self._telemetry, self._take)

    async def _take(self, loaded: Loaded, registry: Registry, seen: Signature) -> None:
        self._configuration.take(loaded, registry, seen)
        await self._replace_plan()
        await self._probing.take()
        self._telemetry.reloaded(True, (), loaded.plan)

    def _died(self, cause: BaseException) -> None:
        self._cause = cause
        self._stop.set()
