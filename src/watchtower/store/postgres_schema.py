"""The schema in PostgreSQL, which daemons of two versions use at once while one after the other is updated.

A step adds something (expand): who does not know it goes on, and may start on it. Or its file ends in `.contract.sql`, and it
takes something away: the leader carries it out once every other daemon and worker that lives knows it, and from then on
who does not know it is refused. So what a version no longer needs goes a version later at the earliest, and no program
may rely on a contract step. What a contract step takes away its program serves no more, so that one does not start beside a
daemon that does not know the step which replaced it, `-- needs 16` in the first line of the file: a version was left out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from watchtower import __version__
from watchtower.errors import StoreAway, StoreError
from watchtower.store.migrate import Migration, News, contracted, older

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Connection = PoolConnectionProxy[Any]

WITHIN = 1.2
"""Seconds in which a step has its tables and is done, where somebody leads: a beat waits for no longer than `lease.PATIENT`
behind it. An autovacuum that is in the way is ended by the server after one second."""
PAUSE = 3.5
"""Seconds until another try. Who leads has beaten by then."""
LONGEST = 3600.0
"""Seconds for a step where nobody leads."""
_TELLS = 15
"""The step from which on the table says what each step was."""

_TURN = "SELECT pg_advisory_xact_lock(hashtext('watchtower migration'))"
_CREATE = "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY)"
_DONE = """
SELECT version, COALESCE((to_jsonb(done) ->> 'contract')::boolean, false), COALESCE(to_jsonb(done) ->> 'program', '')
FROM schema_version AS done ORDER BY version"""
_NEWEST = "SELECT COALESCE(max(version), 0) FROM schema_version"
_TOLD = "UPDATE schema_version SET contract = $2, program = $3 WHERE version = $1"
_LED = "SELECT term::text, beat, released FROM lease"
_OLDER = """
SELECT name FROM standbys WHERE knows < $1 AND seen > now() - interval '1 minute'
AND name NOT IN (SELECT owner FROM lease)
UNION SELECT name || ' ' || version FROM workers WHERE version <> $2 AND until > now() - interval '1 minute' ORDER BY 1"""
_LIVING = """
SELECT name, name IN (SELECT owner FROM lease WHERE NOT released) FROM standbys
WHERE knows < $1 AND (seen > now() - interval '3 s' OR name IN (SELECT owner FROM lease WHERE NOT released)) ORDER BY 1"""
_OURS = ("42", "22", "23", "0A")
"""Classes of errors that trying again does not mend: a right that is missing, or a step that is wrong."""
_AGAIN = "UPDATE lease SET beat = beat + 1"
"""Who is about to take the lease looks again, and finds that this is done."""


class PostgresSchema:
    """`where` names the store in errors. Its methods get a connection whose search path is the schema `name`."""

    def __init__(self, name: str, where: str, steps: Sequence[Migration]) -> None:
        self.knows, self._needs = steps[-1].version, max(step.needs for step in steps)
        self.later: Sequence[Migration] = ()
        """Contract steps that were not carried out yet."""
        self.news: News = {}
        self._name, self._where, self._steps = name, where, steps

    async def must_be_current(self, connection: Connection) -> None:
        if not await connection.fetchval("SELECT to_regclass('schema_version') IS NOT NULL"):
            raise StoreError(f"{self._where}: there is none")
        if any(not step.contract for step in await self._lacking(connection)):
            raise StoreError(older(self._where))

    async def migrate(self, connection: Connection) -> None:
        """Carries out what the schema lacks. Raises StoreAway where that takes too long beside a daemon that leads."""
        async with connection.transaction():
            await connection.execute(_TURN)
            # CREATE SCHEMA IF NOT EXISTS asks for the right to create one even where it exists.
            if await connection.fetchval("SELECT to_regnamespace($1) IS NULL", self._name):
                await connection.execute(f"CREATE SCHEMA {self._name}")
            await connection.execute(_CREATE)
        led = await self._led(connection)
        await self._beside(connection, led)
        try:
            await self._expand(connection, WITHIN if led else LONGEST)
        except Exception as error:
            if not led or not _too_long(error):
                raise
            await asyncio.sleep(PAUSE)
            if await self._led(connection) not in (led, None):
                raise StoreAway(
                    f"{self._where}: its schema cannot be changed within {WITHIN} s beside the daemon that leads "
                    "(a long query or a dump holds a table?). It is tried again; without a leader it may take longer"
                ) from error
            await self._expand(connection, LONGEST)

    async def _beside(self, connection: Connection, led: tuple[str, int] | None) -> None:
        """Raises StoreError where a daemon lives that this program can no longer serve."""
        if not self._needs or await connection.fetchval(_NEWEST) < _TELLS:
            return
        older = [tuple(row) for row in await connection.fetch(_LIVING, self._needs)]
        if any(leads for _, leads in older):
            await asyncio.sleep(PAUSE)
            if await self._led(connection) == led:  # it beats no more
                older = [one for one in older if not one[1]]
        if older:
            names = ", ".join(name for name, _ in older)
            raise StoreError(
                f"{self._where}: {names} run an older version that does not know its step {self._needs}, so this one cannot run "
                "beside them: update to the version in between first, or end them all"
            )

    async def contract(self, connection: Connection) -> None:
        """In a transaction of the leader: carries out what takes something away, unless somebody lives who does not know
        it."""
        await connection.execute(_TURN)
        self.later = [step for step in await self._lacking(connection) if step.contract]
        for step in self.later:
            if older := [row[0] for row in await connection.fetch(_OLDER, step.version, __version__)]:
                self.news = {"schema_waits": {"step": step.name, "older": older}}
                return
            await self._carry_out(connection, step, WITHIN)
            self.news = {"schema_changed": {"now": step.version}}
        self.later = ()
        await connection.execute(_AGAIN)

    async def _expand(self, connection: Connection, within: float) -> None:
        """Two daemons that start at once take turns, and the second finds it done."""
        before = await connection.fetchval(_NEWEST)
        while True:
            async with connection.transaction():
                await connection.execute(_TURN)
                lacking = await self._lacking(connection)
                alone = await self._alone(connection)
                step = next((one for one in lacking if alone or not one.contract), None)
                if step is None:
                    break
                await self._carry_out(connection, step, within)
        self.later, now = lacking, await connection.fetchval(_NEWEST)
        changed = {"schema_changed": {"before": before, "now": now}} if now != before else {}
        newer = {"schema_newer": {"schema": now, "knows": self.knows}} if now > self.knows else {}
        self.news = {**changed, **newer}

    async def _carry_out(self, connection: Connection, step: Migration, within: float) -> None:
        await connection.execute(f"SET LOCAL lock_timeout = {within * 1000:.0f}")
        try:
            await connection.execute(step.sql, timeout=within)
        except Exception as error:
            if _sqlstate(error)[:2] in _OURS:
                raise StoreError(f"{self._where}: its schema's step {step.name} failed: {error}") from error
            raise
        await connection.execute("INSERT INTO schema_version (version) VALUES ($1)", step.version)
        if step.version >= _TELLS:
            await connection.execute(_TOLD, step.version, step.contract, __version__)

    async def _lacking(self, connection: Connection) -> Sequence[Migration]:
        """Raises StoreError when a step that this program does not know took something away."""
        done = await connection.fetch(_DONE)
        for version, contract, program in done:
            if contract and version > self.knows:
                raise StoreError(contracted(self._where, version, self.knows, program))
        there = {row[0] for row in done}
        return [step for step in self._steps if step.version not in there]

    async def _alone(self, connection: Connection) -> bool:
        """Whether no daemon ever led here."""
        if await connection.fetchval("SELECT to_regclass('lease') IS NULL"):
            return True
        return not await connection.fetchval("SELECT EXISTS (SELECT FROM lease)")

    async def _led(self, connection: Connection) -> tuple[str, int] | None:
        """The term and beat of who leads, as far as the table says."""
        if await self._alone(connection):
            return None
        ((term, beat, released),) = await connection.fetch(_LED)
        return None if released else (term, beat)


def _too_long(error: Exception) -> bool:
    """A lock that was not to be had, a deadlock, or time that ran out."""
    return isinstance(error, TimeoutError) or _sqlstate(error) in ("55P03", "40P01", "57014")


def _sqlstate(error: Exception) -> str:
    return str(getattr(error, "sqlstate", ""))
