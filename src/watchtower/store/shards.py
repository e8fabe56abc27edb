"""Who probes what, and what was measured, in PostgreSQL: the four tables of migrations/postgres/0013_workers.sql.

A worker asks each second which shards it holds and writes a row for each. The leader reads these by (shard, epoch, seq): a
serial number would be given before its row is there, and some would be overlooked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple

from watchtower.store import jobs
from watchtower.store.jobs import Backlog
from watchtower.store.one_connection import OneConnection

MOST = 500
"""Rows that are read at once."""
LISTEN = 0.5
"""Seconds for a sign that we still listen."""
_WRITTEN = "watchtower_batches"
"""The channel on which workers say that they have written: of the whole database, and without a word of what."""

_WORK = (
    "SELECT * FROM work($1, $2, $3, $4, $5, $6, $7 - extract(epoch FROM clock_timestamp())::float8, $8, $9)"
)
_SKEW = "SELECT skew FROM workers WHERE id = $1"
_LEADER = "SELECT plan FROM lease WHERE cell = 'main'"
_SEND = """
INSERT INTO batches (shard, epoch, seq, body)
SELECT given.* FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[]) AS given (shard, epoch, seq, body)
JOIN shards ON shards.shard = given.shard AND shards.epoch = given.epoch AND shards.location = $5
ON CONFLICT DO NOTHING"""
_LEAVE = """
WITH gone AS (UPDATE workers SET until = now(), turn = $3 WHERE id = $1 AND location = $2 AND turn < $3 RETURNING id)
UPDATE shards SET owner = NULL WHERE owner IN (SELECT id FROM gone)"""
_READ = f"""
SELECT b.shard, b.epoch, b.seq, b.body, extract(epoch FROM clock_timestamp() - b.sent)::float8
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS known (shard, epoch, seq)
JOIN batches AS b ON b.shard = known.shard AND (b.epoch, b.seq) > (known.epoch, known.seq)
ORDER BY b.shard, b.epoch, b.seq LIMIT {MOST}"""  # noqa: S608 - a number of ours
_EVALUATED = "SELECT shard, epoch, seq FROM evaluated"
_SHARDS = """
SELECT s.shard, s.location, s.slot, w.id, w.home FROM shards AS s
LEFT JOIN workers AS w ON w.id = s.owner AND w.until > now()"""
_WORKERS = """
SELECT id, name, location, home, plan, version, skew, dropped, extract(epoch FROM since)::float8 FROM workers
WHERE until > now() ORDER BY location, name, id"""
_NOW = "SELECT extract(epoch FROM clock_timestamp())::float8"
_TIDY = """
WITH old AS (DELETE FROM workers WHERE until < now() - interval '1 hour')
DELETE FROM batches WHERE sent < now() - interval '60 s'"""


class Batch(NamedTuple):
    """What was measured in a second by the checks of a shard; `body` as app/sharding.py writes it."""

    shard: int
    epoch: int
    seq: int
    body: str


Written = tuple[int, int, int, str, float]
"""A batch as it was read, and how many seconds ago it was written."""


class Work(NamedTuple):
    """What a worker is told: its shards and their epochs by slot, the leader's plan, and by how many seconds its clock is
    ahead."""

    shards: Mapping[int, tuple[int, int]]
    plan: str
    skew: float


class Identity(NamedTuple):
    """A worker; `id` is new at each start."""

    id: str
    name: str
    location: str
    home: bool


class WorkerState(NamedTuple):
    """A hash of its plan, its version, what its clock shows, how many observations it dropped, and the number of its
    message, which grows."""

    plan: str
    version: str
    clock: float
    dropped: int
    turn: int


class WorkerRow(NamedTuple):
    """A worker that is alive, with a hash of its plan; `since` by the database's clock. `dropped`: observations that it
    could not send in time."""

    id: str
    name: str
    location: str
    home: bool
    plan: str
    version: str
    skew: float
    dropped: int
    since: float


class Survey(NamedTuple):
    """Who holds what: number, location, slot, its living owner's id and whether that one is at home."""

    shards: Sequence[tuple[int, str, int, str | None, bool | None]]
    workers: Sequence[WorkerRow]
    now: float
    """The database's clock."""


class Shards(OneConnection):
    """Every failure is a StoreAway. `written` is set when batches have come: at once by `send` in this process, and by others'
    where `listen` was asked and nothing swallows it."""

    def __init__(self, connect: Callable[[], Awaitable[Any]], written: asyncio.Event) -> None:
        super().__init__(connect)
        self.written = written
        self._listener: Any = None

    async def work(self, who: Identity, state: WorkerState) -> Work:
        """Beats for this worker; which shards it holds from now on. Of an old `turn` nothing comes."""

        async def work(connection: Any) -> Work:
            held = await connection.fetch(_WORK, *who, *state)
            skew = await connection.fetchval(_SKEW, who.id)
            leader = await connection.fetchval(_LEADER)
            return Work({slot: (shard, epoch) for shard, slot, epoch in held}, leader or "", skew)

        return await self._run(work)

    async def send(self, location: str, batches: Sequence[Batch]) -> None:
        """Writes those whose shard nobody has claimed since."""
        columns = list(zip(*batches, strict=True))

        async def send(connection: Any) -> None:
            await connection.execute(_SEND, *columns, location)
            self.written.set()
            # By itself, for at its commit it locks out every other NOTIFY of the server.
            await connection.execute(f"NOTIFY {_WRITTEN}")

        await self._run(send)

    async def listen(self) -> None:
        """Hears from now on, until the next call, when others have written; call it every second. Where it fails, or a pooler
        keeps the word to itself, nothing is lost: the leader looks all the same."""
        try:
            async with asyncio.timeout(LISTEN):
                if self._listener is None:
                    self._listener = await self._connect()
                    await self._listener.add_listener(_WRITTEN, lambda *_: self.written.set())
                await self._listener.execute("SELECT 1")  # a line may be dead without a word
        except Exception:  # noqa: BLE001 - whatever it is, it is tried again
            self._deafen()

    async def leave(self, id: str, location: str, turn: int) -> None:
        """Gives everything back."""
        await self._run(lambda connection: connection.execute(_LEAVE, id, location, turn))

    async def evaluated(self) -> dict[int, tuple[int, int]]:
        """How far leaders have evaluated, by shard."""
        rows = await self._run(lambda connection: connection.fetch(_EVALUATED))
        return {shard: (epoch, seq) for shard, epoch, seq in rows}

    async def read(self, evaluated: Mapping[int, tuple[int, int]]) -> Sequence[Written]:
        """Batches behind these, at most `MOST`, each shard's in order."""
        known = [
            list(evaluated),
            [epoch for epoch, _ in evaluated.values()],
            [seq for _, seq in evaluated.values()],
        ]
        return [tuple(row) for row in await self._run(lambda connection: connection.fetch(_READ, *known))]

    async def survey(self) -> Survey:
        async def survey(connection: Any) -> Survey:
            shards = [tuple(row) for row in await connection.fetch(_SHARDS)]
            workers = [WorkerRow(*row) for row in await connection.fetch(_WORKERS)]
            return Survey(shards, workers, await connection.fetchval(_NOW))

        return await self._run(survey)

    async def tidy(self) -> Backlog | None:
        """Deletes batches of more than a minute ago; what there is to do for other processes. By rows: dropping a partition
        would wait for any reader, and every insert behind it."""
        await self._run(lambda connection: connection.execute(_TIDY))
        return await self._run(jobs.tidy)

    def close(self) -> None:
        self._deafen()
        super().close()

    def _deafen(self) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.terminate()
