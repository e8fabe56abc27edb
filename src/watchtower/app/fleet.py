"""The workers, as the daemon that leads sees them: what they have measured goes into the inbox, and what no worker holds
the daemon makes itself."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from math import inf
from typing import Any

from watchtower.api.contract import OFF, LocationStatus, WorkerStatus
from watchtower.app.configuration import Configuration
from watchtower.app.inbox import TURN, Inbox, WorkerBatch
from watchtower.app.probing import Probing
from watchtower.app.sharding import KEPT, SLOTS, by_slot, observations_of, stays
from watchtower.core.events import WorkersSeen
from watchtower.core.plan import Plan
from watchtower.core.plan.checks import Check
from watchtower.errors import StoreAway
from watchtower.journal import Journal
from watchtower.logs import log
from watchtower.model import Observation
from watchtower.store.jobs import Backlog
from watchtower.store.lease import Lease
from watchtower.store.shards import MOST, Shards, Survey, Written
from watchtower.values import replace

GATHER, LOOK, SURVEY, TIDY = 0.05, 0.25, 1.0, 10.0
"""Seconds between two looks for batches when one word follows another, between two without a word, between two at who holds
what, and between deletions."""
GRACE = 3.0
"""Seconds in which another worker claims what one has lost, and in which all are heard again when the database is back."""
ALONE = 10.0
"""Seconds without the database after which the daemon makes every check of its own place."""


class Fleet:
    """Owned by the daemon's loop."""

    def __init__(
        self, configuration: Configuration, shards: Shards, inbox: Inbox, journal: Journal, probing: Probing,
        lease: Lease,
    ) -> None:  # fmt: skip
        self._backlog: Backlog | None = None
        self._lease, self._probing = lease, probing
        probing.own, probing.runner.observe = self.own, self.observe
        self._configuration, self._shards, self._inbox, self._journal = configuration, shards, inbox, journal
        self._home = configuration.settings.location
        self._plan: Plan | None = None
        self._staying: dict[str, Check] = {}
        self._slots: Mapping[str, Sequence[dict[str, Check]]] = {}
        """The checks that can be made elsewhere, by location and slot."""
        self._upto: dict[int, tuple[int, int]] = {}
        self._place: dict[int, tuple[str, int]] = {}
        self._held: dict[int, float] = {}
        """Slots of our own place that a worker holds, and until when we believe so without seeing it."""
        self._last: dict[tuple[str, str], float] = {}
        self._survey = Survey((), (), 0.0)
        self._surveyed = self._well = self._answered = time.monotonic()
        self._skew, self._oldest = 0.0, inf
        self._ended = False

    async def open(self) -> None:
        """Learns who holds what. Raises StoreError."""
        self._upto = await self._shards.evaluated()
        self._see(await self._shards.survey())

    async def own(self, plan: Plan) -> Plan:
        """What the daemon makes itself."""
        if plan is not self._plan:
            self._staying, self._slots = await asyncio.to_thread(self._assigned, plan)
            self._plan = plan
        free = (self._slots[self._home][slot] for slot in range(SLOTS) if slot not in self._held)
        return replace(
            plan, checks=self._staying | {name: check for slot in free for name, check in slot.items()}
        )

    def _assigned(self, plan: Plan) -> tuple[dict[str, Check], Mapping[str, Sequence[dict[str, Check]]]]:
        registry, network = self._configuration.registry, plan.watchdog.network
        own = {
            name: check for name, check in plan.checks.items() if name == network or stays(check, registry)
        }
        places = {self._home, *plan.locations}
        return own, {one: by_slot(plan, registry, one, home=one == self._home) for one in places}

    def observe(self, observation: Observation) -> None:
        """Of our own runner."""
        self._last[observation.check, observation.location] = observation.at
        self._inbox.observe(observation)

    async def run(self) -> None:
        """Looks until it is cancelled. It is no chore: while the database is away, each look takes long."""
        tidied = time.monotonic()
        while True:
            begun = time.monotonic()
            await self._look()
            if begun - tidied > TIDY:
                tidied = begun
                with suppress(StoreAway):
                    self._backlog = await self._shards.tidy()
            await asyncio.sleep(max(0.0, begun + GATHER - time.monotonic()))
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, begun + LOOK - time.monotonic())):
                    await self._shards.written.wait()
            self._shards.written.clear()

    async def _look(self) -> None:
        """Passes on what has come, and every second looks who holds what."""
        now = time.monotonic()
        try:
            if now - self._surveyed >= SURVEY:
                self._surveyed = now
                self._tell()
                self._see(await self._shards.survey())
                await self._shards.listen()
                self._journal.write_soon()
            while self._inbox.waiting < MOST:
                rows = await self._shards.read(self._upto)
                if not rows and not self._inbox.waiting:
                    self._oldest = inf
                await self._pass_on(rows)
                if len(rows) < MOST:
                    break
            self._answered = time.monotonic()
        except StoreAway as error:
            self._well = time.monotonic() + GRACE
            if now - self._answered > ALONE and self._held:
                log.warning("workers_unheard", seconds=round(now - self._answered), error=str(error))
                self._hold({})

    async def _pass_on(self, rows: Sequence[Written]) -> None:
        until = time.monotonic() + TURN
        if rows:
            self._oldest = time.monotonic() - max(row[-1] for row in rows)
        for shard, epoch, seq, body, _ in rows:
            if time.monotonic() > until:
                await asyncio.sleep(0)
                until = time.monotonic() + TURN
            self._upto[shard] = epoch, seq
            location, slot = self._place[shard]
            wanted = self._slots[location][slot] if location in self._slots else {}
            try:
                found = observations_of(body, location, self._skew, wanted, time.time())
            except ValueError as error:
                log.warning("batch_unread", location=location, shard=shard, error=str(error))
                found = []
            fresh = []
            for one in found:
                key = one.check, one.location
                if one.at >= self._last.get(key, 0.0):
                    self._last[key] = one.at
                    self._probing.services.counts.add(one, wanted[one.check].every)
                    fresh.append(one)
            self._inbox.put(WorkerBatch(shard, (epoch, seq), fresh))

    def _see(self, survey: Survey) -> None:
        self._survey, now = survey, time.monotonic()
        ahead = time.time() - survey.now
        if abs(ahead) > OFF and not self._skew:
            log.warning("clock_off", seconds=round(ahead, 1), against="the database")
        self._skew = ahead if abs(ahead) > OFF else 0.0
        self._place = {shard: (location, slot) for shard, location, slot, _, _ in survey.shards}
        for shard in self._place:
            self._upto.setdefault(shard, (0, 0))
        held = {
            slot: now + GRACE
            for _, location, slot, _, home in survey.shards
            if location == self._home and home
        }
        if held or now < self._well:
            held = {slot: until for slot, until in self._held.items() if max(until, self._well) > now} | held
        self._hold(held)

    def _tell(self) -> None:
        """Says of every location whose workers live. For as long as workers keep what they measured, a database that is
        away is no silence of theirs."""
        if self._plan is None or time.monotonic() - self._answered > KEPT:
            return
        for place in self._plan.locations:
            ours = (self._lease.owner,) if place == self._home else ()
            names = (one.name for one in self._survey.workers if one.location == place)
            self._inbox.put(WorkersSeen(place, (*ours, *names)))

    def _hold(self, held: dict[int, float]) -> None:
        moved, self._held = held.keys() != self._held.keys(), held
        if moved and self._plan is not None:
            self._probing.retake(lambda: set(self._held))

    def close(self) -> None:
        self._shards.close()

    # ---- for people ----------------------------------------------------------------------------------------

    def standing(self) -> dict[str, Any]:
        """Of an `InstanceStatus`: who works, and where."""
        count = Counter(owner for _, _, _, owner, _ in self._survey.shards)
        workers = [
            WorkerStatus(
                one.name, one.location, one.since, one.plan, one.plan == self._lease.plan, count[one.id], one.version, one.skew,
                one.dropped,
            )
            for one in self._survey.workers
        ]  # fmt: skip
        held = Counter(location for _, location, _, owner, _ in self._survey.shards if owner)
        alive = Counter(one.location for one in self._survey.workers)
        places = [
            LocationStatus(
                one, alive[one], held[one], SLOTS, one == self._home, self._inbox.silent_since(one)
            )
            for one in sorted({*self._slots, *alive})
        ]
        return {
            "workers": workers,
            "locations": places if workers or len(places) > 1 else (),
            "behind": max(0.0, time.monotonic() - self._oldest),
            "jobs": self._backlog,
        }
