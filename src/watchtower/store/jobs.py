"""Work that ends, for any process that has time: PgQueuer's tables, beside ours in the same schema, and what came of each job.

A job is made by one process, which beats for it; without beats another takes it. One that is made twice has one result. Only
`JobQueue` needs PgQueuer, and loads it; whoever just looks does not.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import uuid4

from watchtower.errors import StoreError, install
from watchtower.store.one_connection import OneConnection

DEAD = 10.0
"""Seconds without a beat after which another process takes a job."""
MOST = 50
"""Jobs in one message; each may have 20 kB."""
_PREFIX = "jobs_"
_THERE = "SELECT to_regclass('jobs_pgqueuer') IS NOT NULL AND to_regclass('job_results') IS NOT NULL"
_OURS = "SELECT has_table_privilege(to_regclass('jobs_pgqueuer'), 'DELETE')"
"""NULL where there is none; another role than the daemon's may have made it."""
_WAITING = f"""
SELECT DISTINCT entrypoint FROM jobs_pgqueuer
WHERE status = 'queued' OR (status = 'picked' AND heartbeat < now() - interval '{DEAD} s')"""  # noqa: S608 - a number of ours
_BACKLOG = """
SELECT count(*) FILTER (WHERE status = 'queued'), count(*) FILTER (WHERE status = 'picked'),
  COALESCE(extract(epoch FROM now() - min(created)), 0)::float8 FROM jobs_pgqueuer"""
_TIDY = """
DELETE FROM jobs_pgqueuer WHERE created < now() - interval '1 day';
DELETE FROM jobs_pgqueuer_log WHERE created < now() - interval '1 day';
DELETE FROM job_results WHERE made < now() - interval '1 day'"""
_ALONE = "SELECT pg_advisory_xact_lock(hashtext('watchtower jobs'))"
_RESULTS = """
CREATE TABLE IF NOT EXISTS job_results (
  key TEXT PRIMARY KEY, made TIMESTAMPTZ NOT NULL DEFAULT now(), wrong TEXT NOT NULL, result BYTEA NOT NULL)"""
_TAKEN = """
SELECT dedupe_key, (SELECT count(*) FROM jobs_pgqueuer_log WHERE job_id = $1 AND status = 'picked')
FROM jobs_pgqueuer WHERE id = $1"""
_DONE = "INSERT INTO job_results (key, wrong, result) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
_FOUND = "SELECT key, wrong, result FROM job_results WHERE key = ANY($1::text[])"
_DROP_JOBS = "DELETE FROM jobs_pgqueuer WHERE dedupe_key = ANY($1::text[])"
_DROP_RESULTS = "DELETE FROM job_results WHERE key = ANY($1::text[])"


class Backlog(NamedTuple):
    """Jobs that wait, those that are made now, and for how many seconds the oldest of both has been there."""

    queued: int
    taken: int
    oldest: float


class Taken(NamedTuple):
    """A job that is ours; `times`: how often anybody has taken it. `job` is PgQueuer's."""

    job: Any
    payload: bytes
    key: str
    times: int


class Result(NamedTuple):
    """`wrong` says why there is none."""

    wrong: str
    body: bytes


async def tidy(connection: Any) -> Backlog | None:
    """Deletes what is older than a day, and counts the rest; None where nobody has ever queued a job, or we may not look."""
    if not await connection.fetchval(_OURS):
        return None
    await connection.execute(_TIDY)
    return Backlog(*await connection.fetchrow(_BACKLOG))


class Jobs(OneConnection):
    """Every failure is a StoreAway."""

    async def waiting(self) -> set[str]:
        """Kinds of which a job waits, or has lost its process."""

        async def waiting(connection: Any) -> set[str]:
            there = await connection.fetchval(_THERE)
            return {kind for (kind,) in await connection.fetch(_WAITING)} if there else set()

        return await self._run(waiting)


class JobQueue(Jobs):
    """For who queues jobs and who makes them. Raises StoreError where PgQueuer is not installed."""

    def __init__(self, jobs: Jobs) -> None:
        super().__init__(jobs._connect)
        try:
            from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
            from pgqueuer.adapters.persistence import qb
            from pgqueuer.adapters.persistence.queries import Queries
            from pgqueuer.domain.settings import DBSettings
            from pgqueuer.ports.repository import EntrypointExecutionParameter
        except ImportError:
            raise StoreError(f"jobs need PgQueuer: {install('jobs')}") from None

        class Names(DBSettings):
            """Not by the environment: a variable CHANNEL or TRIGGER may mean anything there."""

            @classmethod
            def settings_customise_sources(cls, _: Any, init_settings: Any, **__: Any) -> Any:  # type: ignore[override]
                return (init_settings,)

        names = Names(prefix=_PREFIX)
        builders = (
            qb.QueryBuilderEnvironment(names),
            qb.QueryQueueBuilder(names),
            qb.QuerySchedulerBuilder(names),
        )
        self._of: Callable[[Any], Any] = lambda connection: Queries(AsyncpgDriver(connection), *builders)
        self._id, self._without_limit = uuid4(), EntrypointExecutionParameter(0)

    async def open(self) -> None:
        """Creates the tables, or brings those of an older PgQueuer up to date."""

        async def create(connection: Any) -> None:
            async with connection.transaction():
                await connection.execute(_ALONE)
                if not await connection.fetchval(_THERE):
                    await self._of(connection).install()
                    await connection.execute(_RESULTS)
            if (await self._of(connection).plan_upgrade()).statements:
                await self._of(connection).upgrade()

        await self._run(create)

    async def put(self, kind: str, jobs: Mapping[str, bytes]) -> None:
        """Queues jobs by key. One that is queued or being made is not queued again."""
        keys = list(jobs)
        for n in range(0, len(keys), MOST):

            async def put(connection: Any, some: Sequence[str] = keys[n : n + MOST]) -> None:
                payloads, count = [zlib.compress(jobs[key], 1) for key in some], len(some)
                await self._of(connection).enqueue(
                    [kind] * count, payloads, [0] * count, dedupe_key=some, on_conflict="skip"
                )

            await self._run(put)

    async def take(self, kind: str) -> Taken | None:
        """The oldest of this kind that nobody makes."""

        async def take(connection: Any) -> Taken | None:
            for job in await self._of(connection).dequeue(
                1, {kind: self._without_limit}, self._id, None, timedelta(seconds=DEAD)
            ):
                if row := await connection.fetchrow(_TAKEN, job.id):
                    return Taken(job, zlib.decompress(job.payload), *row)
            return None

        return await self._run(take)

    async def beat(self, taken: Taken) -> None:
        await self._run(lambda connection: self._of(connection).update_heartbeat([taken.job.id]))

    async def done(self, taken: Taken, result: Result) -> None:
        """The first result of a job is kept, and the job is gone."""

        async def done(connection: Any) -> None:
            await connection.execute(_DONE, taken.key, *result)
            await self._of(connection).log_jobs([(taken.job, "successful", None)])

        await self._run(done)

    async def results(self, keys: Sequence[str]) -> dict[str, Result]:
        """Those that are there."""
        rows = await self._run(lambda connection: connection.fetch(_FOUND, keys))
        return {key: Result(wrong, body) for key, wrong, body in rows}

    async def drop(self, keys: Sequence[str]) -> None:
        """Nobody waits for these jobs any more."""

        async def drop(connection: Any) -> None:
            await connection.execute(_DROP_JOBS, keys)
            await connection.execute(_DROP_RESULTS, keys)

        await self._run(drop)
