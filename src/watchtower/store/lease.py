"""Who of several daemons on one PostgreSQL schema leads: a row with a random term, beaten by its leader.

A standby takes the lease when it has itself watched the same beat for `TTL` by its monotonic clock; the database's clock
decides nothing, so after an outage of the database the leader that has the state goes on. Beats come from a thread with
an event loop and a connection of its own: a main loop that is busy is no reason to be replaced, one that hangs is.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from math import inf
from typing import Any
from uuid import uuid4

from watchtower.errors import StoreError
from watchtower.logs import log
from watchtower.store.migrate import contracted
from watchtower.values import Frozen

TTL, BEAT, POLL, RETRY, ANSWER = 3.0, 1.0, 0.25, 0.2, 0.8
"""Seconds: a beat is good for, between beats, between a standby's looks, after a failure, for an answer."""
PATIENT = 1.5
"""Seconds for the answer to a beat: where the machine is too busy for it, a new connection would take longer still."""
MARGIN = 0.5
"""Seconds before the end of a beat's time from which no page is begun."""
PULSE, HANGS = 1.0, 10.0
"""Seconds between the main loop's signs of life, and without one until we let others lead."""
FRESH = 2.0
"""Seconds for which a failed beat says that the database is away."""
HELD = 30.0
"""Seconds for which milder pages wait for the database where somebody was standing by, who may lead by now."""
OTHER_PLAN = 3 * TTL
"""Seconds that a standby with another configuration than the leader's waits longer."""

_ROW = """
SELECT COALESCE((SELECT max(version) FROM schema_version WHERE contract), 0), term::text, beat, released,
owner, url, epoch, peer, plan, taken, unled FROM lease WHERE cell = 'main'"""
_WATCHED = """
WITH mine AS (INSERT INTO standbys (name, plan, since, peer, knows, seen) VALUES ($1, $2, $3, $4, $5, now())
ON CONFLICT (name) DO UPDATE SET plan = excluded.plan, since = excluded.since, peer = excluded.peer,
knows = excluded.knows, seen = now())
UPDATE lease SET watched = watched + 1 WHERE cell = 'main'"""
_STANDBYS = """
SELECT name, plan, since, peer FROM standbys
WHERE seen > now() - interval '3 s' AND name NOT IN (SELECT owner FROM lease WHERE NOT released) ORDER BY name"""
_FORGET = """
DELETE FROM standbys
WHERE name = $1 OR (seen < now() - interval '1 hour' AND name NOT IN (SELECT owner FROM lease))"""
_TAKE = """
INSERT INTO lease (cell, epoch, term, beat, released, owner, url, peer, plan, taken, unled)
VALUES ('main', 1, $1::text::uuid, 0, false, $2, $3, $4, $5, $6, $7)
ON CONFLICT (cell) DO UPDATE SET epoch = lease.epoch + 1, term = excluded.term, beat = 0, released = false,
owner = excluded.owner, url = excluded.url, peer = excluded.peer, plan = excluded.plan, taken = excluded.taken,
unled = excluded.unled WHERE lease.term = $8::text::uuid AND lease.beat = $9
RETURNING owner, url, epoch, peer, plan, taken, unled"""
_BEAT = """
UPDATE lease SET beat = beat + 1, plan = $2 WHERE cell = 'main' AND term = $1::text::uuid
RETURNING watched, owner, url, epoch, peer, plan, taken, unled"""
_RELEASE = "UPDATE lease SET released = true WHERE cell = 'main' AND term = $1::text::uuid"


class Holder(Frozen):
    """The leader, as a standby knows it; `url` is where people reach it, `peer` where other daemons do. `plan` is a hash
    of its configuration, `taken` when it took the lease, by its clock, `unled` for how many seconds nobody led
    before: None where its successor has not watched that."""

    owner: str
    url: str
    epoch: int
    peer: str = ""
    plan: str = ""
    taken: float = 0.0
    unled: float | None = None


class StandsBy(Frozen):
    """A daemon that stands by, `since` by its clock; `plan` is a hash of its configuration, `peer` where others reach it."""

    name: str
    plan: str
    since: float
    peer: str = ""


class Lease:
    """One term of one daemon, from standing by to its end. Made, asked and ended in the main event loop.

    `connect` gives a connection of asyncpg on which commits do not wait for the disk: a beat that a crash takes back
    harms nobody, and a disk that is slow must not cost its holder the lease. Taking it waits.
    """

    def __init__(
        self, connect: Callable[[], Awaitable[Any]], owner: str, url: str, peer: str = "", knows: int = 0
    ) -> None:  # fmt: skip
        """`knows`: the newest step of the schema that this program has."""
        self.term, self.owner, self._me = str(uuid4()), owner, (owner, url, peer)
        self._knows, self._refused = knows, ""
        self.plan = ""
        """A hash of the configuration with which this daemon leads, or would."""
        self.standbys: tuple[StandsBy, ...] = ()
        """As they were seen within the last seconds."""
        self.before: tuple[str, float] = ("", 0.0)
        """The term of who led before, and when it began, by that one's clock."""
        self.lost = asyncio.Event()
        """Another daemon leads: what this one still decides counts for nothing."""
        self.holder: Holder | None = None
        self._connect = connect
        self._connection: Any = None
        self._main = asyncio.get_running_loop()
        self._pulse = time.monotonic()
        self._leads = self._ending = self._over = False
        self._taken = asyncio.Event()
        self._seen: tuple[Any, ...] = ()
        self._since = self._looked = -inf
        self._lived = self._said = False
        self._stands_since = time.time()
        self._looks = 0
        self._good = self._failed = self._watched_at = -inf
        self._well, self._heard = True, _boottime()
        self._watched = -1
        self._loop, self._wake = asyncio.new_event_loop(), asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="lease", daemon=True)

    async def take(self) -> None:
        """Stands by until this daemon holds the lease. Raises StoreError where another version has changed the schema so
        that this one may not lead."""
        if not self._thread.is_alive():
            self._thread.start()
            self._pulsing = asyncio.create_task(self._pulses(), name="lease-pulse")
        taken, lost = asyncio.create_task(self._taken.wait()), asyncio.create_task(self.lost.wait())
        try:
            await asyncio.wait({taken, lost}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            taken.cancel()
            lost.cancel()
        if self._refused:
            raise StoreError(self._refused)

    async def end(self) -> None:
        """Releases the lease, so that a standby leads at once."""
        self._ending = True
        if self._thread.is_alive():
            with suppress(RuntimeError):  # its loop is over
                self._loop.call_soon_threadsafe(self._wake.set)
            await asyncio.to_thread(self._thread.join, ANSWER + RETRY)
            self._pulsing.cancel()

    def depose(self) -> None:
        """The fence reported another leader."""
        self._over = True
        self.lost.set()

    @property
    def answered(self) -> bool:
        """Whether the database has answered lately; one slow answer is no outage."""
        return _boottime() - self._heard < TTL

    @property
    def silent(self) -> float:
        """Seconds since the last good beat began, by a clock that counts a machine's sleep."""
        return _boottime() - self._good

    @property
    def good(self) -> bool:
        """Whether nobody else can lead now."""
        return not self._over and self.silent < TTL - MARGIN

    @property
    def unsure(self) -> bool:
        """Whether the last beat failed: another may lead, and does not reach us by the database."""
        return self._leads and not self._over and self._failed > self._good

    def may_send(self, *, urgent: bool) -> bool:
        """Whether a page may be begun now. While the database is away, which a beat that has just failed shows, an urgent
        page matters more than who leads; others wait for `HELD` seconds where a standby had been seen."""
        if self.good or self._over:
            return self.good
        held = HELD if not urgent and self._watched_at > self._good - 5 * BEAT else 0.0
        return _boottime() - self._failed < FRESH and self.silent > held

    async def _pulses(self) -> None:
        while True:
            self._pulse = time.monotonic()
            await asyncio.sleep(PULSE)

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                runner.run(self._live())
        except BaseException as error:  # noqa: BLE001 - without beats this daemon must not go on as if it led
            log.error("lease_crashed", error=f"{type(error).__name__}: {error}")
            self._tell(self.depose)

    async def _live(self) -> None:
        while not self._ending and not self._over:
            begun = _boottime()
            try:
                async with asyncio.timeout(PATIENT if self._leads else ANSWER):
                    wait = await (self._beat(begun) if self._leads else self._look(begun))
            except Exception as error:  # noqa: BLE001 - whatever a database or a network does, it is asked again
                if self._well:
                    log.warning(
                        "lease_unanswered", leads=self._leads, error=f"{type(error).__name__}: {error}"
                    )
                self._well, self._failed, self._seen, wait = False, _boottime(), (), RETRY
                self._lived = False
                self._drop()
            else:
                self._well, self._heard = True, _boottime()
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._wake.wait()
        if not self._over:
            with suppress(Exception):
                async with asyncio.timeout(ANSWER):
                    connection = await self._open()
                    if self._leads:
                        await connection.execute(_RELEASE, self.term)
                    await connection.execute(_FORGET, self._me[0])
        self._drop()

    async def _look(self, begun: float) -> float:
        connection = await self._open()
        row = await connection.fetchrow(_ROW)
        now = time.monotonic()
        changed, term, beat, released, *holder = row or (0, None, None, True)
        if changed > self._knows:
            self._refused, self._over = contracted("the schema", changed, self._knows), True
            self._tell(self.lost.set)
            return 0.0
        if (term, beat) != self._seen or now - self._looked > POLL + 2 * ANSWER:
            self._lived = bool(self._seen) and now - self._looked <= POLL + 2 * ANSWER
            self._seen, self._since = (term, beat), now
        self._looked, self._looks = now, self._looks + 1
        self.holder = Holder(*holder) if row else None
        if term == self.term:  # taken, but the answer was lost: the first beat says whether it still is
            self._leads = True
            return 0.0
        if self._looks % round(BEAT / POLL) == 1:
            await connection.execute(
                _WATCHED, self._me[0], self.plan, self._stands_since, self._me[2], self._knows
            )
            await self._see(connection)
        if now - self._since >= self._waits(released):
            unled = now - self._since if self._lived else None
            row = *self._me, self.plan, time.time(), unled, term, beat
            self.before = (term or "", self.holder.taken if self.holder else 0.0)
            async with connection.transaction():
                await connection.execute("SET LOCAL synchronous_commit = on")
                taken = await connection.fetchrow(_TAKE, self.term, *row)
            if taken is not None:
                self._lead(begun, Holder(*taken))  # its row as a standby stays, and says what it knows
        return POLL

    def _waits(self, released: bool) -> float:
        """Seconds without a beat after which this daemon leads. With another plan than the leader's it lets those go first
        that have the leader's."""
        if self.holder is None or not self.plan or self.holder.plan in ("", self.plan):
            return 0.0 if released else TTL
        same = any(one.plan == self.holder.plan for one in self.standbys)
        if released and not same:
            return 0.0
        waits = OTHER_PLAN if released else TTL + OTHER_PLAN
        if not self._said and time.monotonic() - self._since >= TTL:
            self._said = True
            log.warning("waits_with_other_plan", plan=self.plan, leader_plan=self.holder.plan, seconds=waits)
        return waits

    async def _see(self, connection: Any) -> None:
        self.standbys = tuple(StandsBy(*row) for row in await connection.fetch(_STANDBYS))

    async def _beat(self, begun: float) -> float:
        if time.monotonic() - self._pulse > HANGS:
            return RETRY
        connection = await self._open()
        row = await connection.fetchrow(_BEAT, self.term, self.plan)
        if row is None:
            self._over = True
            self._tell(self.lost.set)
            return 0.0
        watched, *holder = row
        if watched != self._watched:
            self._watched, self._watched_at = watched, begun if self._watched >= 0 else -inf
        self._lead(begun, Holder(*holder))
        await self._see(connection)
        return BEAT

    def _lead(self, begun: float, holder: Holder) -> None:
        self._good, self.holder = begun, holder
        if not self._leads or not self._taken.is_set():
            self._leads = True
            self._tell(self._taken.set)

    async def _open(self) -> Any:
        if self._connection is None or self._connection.is_closed():
            self._connection = await self._connect()
        return self._connection

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()

    def _tell(self, what: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # the main loop is closed: nobody is left to be told
            self._main.call_soon_threadsafe(what)


def _boottime() -> float:
    """Seconds by a clock that cannot be set and that continues while the machine sleeps, where there is one."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
