"""The store in PostgreSQL, for teams that run one anyway, or whose container has no disk.

Needs the extra `postgres`. Everything lies in a schema of its own (`?schema=`, by default
`watchtower`), so that the product's database may be used; several watchtowers each take their own schema.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from watchtower.errors import Deposed, StoreAway, StoreError, install
from watchtower.model import Instant
from watchtower.store import answers, statements
from watchtower.store.contract import SLICE, Columns, Slices, Snapshot
from watchtower.store.kept_request import DROP, KEEP, LARGEST, MOST, OLDEST, KeptRequest
from watchtower.store.lease import Lease
from watchtower.store.migrate import Migration, News, migrations, not_empty
from watchtower.store.postgres_schema import PostgresSchema
from watchtower.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from asyncpg import Pool
    from asyncpg.pool import PoolConnectionProxy

    from watchtower.store.history import Tables
    from watchtower.store.jobs import Jobs
    from watchtower.store.shards import Shards

    Connection = PoolConnectionProxy[Any]

T = TypeVar("T")

_FORM = "postgresql://user:password@host:5432/database, with special characters of the password as %XX"
_SCHEMA = "watchtower"
_CONNECTIONS = 4
_ANSWER_WITHIN = 15.0
"""Seconds for a connection, and for a statement."""
_DEPOSED = "WT001"
"""What `fence` raises (migrations/postgres/0003_lease.sql)."""
_SETTINGS = {
    "application_name": "watchtower",
    # A daemon that was stopped in a transaction must not keep its successor from the same rows.
    "idle_in_transaction_session_timeout": "2000",
    "tcp_user_timeout": "3000",
}


_PATIENT = "SET LOCAL idle_in_transaction_session_timeout = 0"
"""A copy waits for the other side."""
_NEXT_POSITION = """
SELECT setval(pg_get_serial_sequence('outbox', 'position'), (SELECT COALESCE(MAX(position), 0) + 1 FROM outbox), false)"""


class PostgresStore(Store):
    """Never shows its URL, which may hold a password."""

    shared = True

    def __init__(
        self, url: str, *, only_read: bool = False, steps: Sequence[Migration] = ()
    ) -> None:  # fmt: skip
        """`steps` of the schema, where they are not those of this program."""
        self._only_read = only_read
        try:
            import asyncpg
        except ImportError:
            raise StoreError(f"a postgresql:// store needs asyncpg: {install('postgres')}") from None
        # The library loses track of a connection that the server ends while the loop stands still. It also says so where
        # what `target_session_attrs` asks for is not there, while the database fails over.
        confused = asyncpg.InternalClientError
        self._errors = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError, confused)
        self._misset = asyncpg.ClientConfigurationError
        self._gone = (
            asyncpg.PostgresConnectionError,
            asyncpg.InterfaceError,
            asyncpg.AdminShutdownError,
            asyncpg.CrashShutdownError,
            asyncpg.IdleInTransactionSessionTimeoutError,
            confused,
            ConnectionError,
        )
        self._away = (
            OSError,
            TimeoutError,
            asyncpg.OperatorInterventionError,
            asyncpg.TooManyConnectionsError,
            asyncpg.ReadOnlySQLTransactionError,
            *self._gone,
        )
        self._create_pool, self._connect = asyncpg.create_pool, asyncpg.connect
        self._dsn, self._schema = _split_url(url)
        self._steps = PostgresSchema(self._schema, str(self), steps or migrations("postgres"))
        self._pool: Pool[Any] | None = None
        self._lease: Lease | None = None
        self._written = asyncio.Event()

    def __str__(self) -> str:
        parts = urlsplit(self._dsn)
        return f"postgresql store {parts.hostname or 'localhost'}{parts.path} (schema {self._schema})"

    async def open(self) -> None:
        try:
            self._pool = await self._create_pool(
                self._dsn, min_size=1, max_size=_CONNECTIONS, timeout=_ANSWER_WITHIN, command_timeout=_ANSWER_WITHIN,
                server_settings={"search_path": self._schema, **_SETTINGS},
            )  # fmt: skip
        except self._misset as error:
            raise StoreError(f"{self}: {error}") from None
        except self._errors as error:
            raise self._refused(error) from error
        except ValueError:
            # Its text may quote a part of the password.
            raise StoreError(f"the store's URL cannot be read: {_FORM}") from None
        try:
            await self._run(self._steps.must_be_current if self._only_read else self._steps.migrate)
        except BaseException:
            await self.close()
            raise

    def lease(self, owner: str, url: str, peer: str = "") -> Lease:
        """The lease to be taken; from now on every transaction checks that this daemon holds it. `peer` is where other
        daemons reach this one."""
        self._lease = Lease(self._connected, owner, url, peer, self._steps.knows)
        return self._lease

    async def contract(self) -> None:
        if self._steps.later:
            try:
                await self._write(self._steps.contract)
            except StoreError as error:
                self._steps.news = {"schema_waits": {"error": str(error)}}
                raise

    @property
    def news(self) -> News:
        return self._steps.news

    def shards(self) -> Shards:
        """What workers hold and have measured, by a connection of its own; open() need not have been called."""
        from watchtower.store.shards import Shards

        return Shards(self._connected, self._written)

    def jobs(self) -> Jobs:
        """As `shards`."""
        from watchtower.store.jobs import Jobs

        return Jobs(self._connected)

    async def _connected(self) -> Any:
        """A connection beside the pool. A commit by it does not wait for the disk."""
        settings = {
            "search_path": self._schema,
            "synchronous_commit": "off",
            "lock_timeout": "500",
            **_SETTINGS,
        }
        return await self._connect(self._dsn, server_settings=settings)

    async def keep_request(self, request: KeptRequest) -> bool:
        # Without the fence, because who stands by does it.
        text, share = request.text(), 2 if request.often else 1
        row = request.often, len(text), text, MOST // share, LARGEST // share
        return await self._run(lambda connection: connection.fetchval(KEEP, *row)) is not None

    async def kept_request(self, but: Sequence[int]) -> tuple[int, float, KeptRequest] | None:
        row = await self._run(lambda connection: connection.fetchrow(OLDEST, list(but)))
        return (row[0], row[1], KeptRequest.of(row[2])) if row else None

    async def drop_request(self, id: int) -> None:
        await self._carry_out({DROP: [(id,)]})

    def history(self, path: Path | None = None) -> Tables:
        """Without a path in the same schema: written under the lease, as everything here."""
        if path is None:
            return HistoryInSchema(self)
        from watchtower.store.sqlite import HistoryFile

        return HistoryFile(path, only_read=self._only_read)

    async def close(self) -> None:
        if self._pool is not None:
            await self._pool.close()
            self._pool = None

    async def load(self) -> Snapshot:
        async def load(connection: Connection) -> Snapshot:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                return answers.snapshot(*[await connection.fetch(sql) for sql in statements.SNAPSHOT])

        return await self._run(load)

    async def prune(self, before: Instant) -> int:
        async def prune(connection: Connection) -> int:
            done = ""
            for sql in statements.PRUNE:
                done = await connection.execute(numbered(sql), before)
            return int(done.rpartition(" ")[2])  # "DELETE 3"

        return await self._write(prune)

    async def slices(self, columns: Columns) -> Slices:
        """As `contract.Copied` says."""
        if self._pool is None:
            raise StoreError(f"{self}: not open")
        try:
            async with (
                self._pool.acquire(timeout=_ANSWER_WITHIN) as connection,
                connection.transaction(isolation="repeatable_read", readonly=True),
            ):
                await connection.execute(_PATIENT)
                for table, names in columns.items():
                    cursor = await connection.cursor(statements.select(table, names))
                    while rows := await cursor.fetch(SLICE):
                        yield table, rows
        except self._errors as error:
            raise self._refused(error) from error

    async def fill(self, columns: Columns, slices: Callable[[], Slices]) -> None:
        """As `contract.Copied` says, in one transaction. A daemon that starts meanwhile waits."""

        async def fill(connection: Connection) -> None:
            await connection.execute(f"{_PATIENT}; LOCK TABLE {', '.join(columns)} IN EXCLUSIVE MODE")
            for table in columns:
                if await connection.fetchval(f"SELECT EXISTS (SELECT 1 FROM {table})"):  # noqa: S608 - a table of ours
                    raise StoreError(not_empty(self))
            async with aclosing(slices()) as them:
                async for table, rows in them:
                    await connection.copy_records_to_table(table, records=rows, columns=columns[table])
            if "outbox" in columns:
                await connection.execute(_NEXT_POSITION)

        await self._write(fill)

    async def _rows(self, sql: str, *parameters: Any) -> Sequence[answers.Row]:
        async def fetch(connection: Connection) -> Sequence[answers.Row]:
            return list(await connection.fetch(numbered(sql), *parameters))

        return await self._run(fetch)

    async def _carry_out(self, work: Mapping[str, Sequence[statements.Parameters]]) -> None:
        async def execute(connection: Connection) -> None:
            for sql, rows in work.items():
                await connection.executemany(numbered(sql), rows)

        await self._write(execute)

    async def _write(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """Writes in one transaction, which a leader ends by one message: if another daemon leads by then,
        nothing is written. No lock on the lease is held meanwhile."""
        end = f"SELECT fence('{self._lease.term}'); COMMIT" if self._lease else "COMMIT"

        async def write(connection: Connection) -> T:
            try:
                await connection.execute("BEGIN ISOLATION LEVEL READ COMMITTED")
                done = await work(connection)
                await connection.execute(end)
            except TimeoutError:
                connection.terminate()  # it may answer this much later
                raise
            except BaseException:
                with suppress(*self._errors):
                    await connection.execute("ROLLBACK")
                raise
            return done

        return await self._run(write)

    async def _run(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """Runs the statement again on a new connection when the first one is gone; every statement may run
        twice."""
        if self._pool is None:
            raise StoreError(f"{self}: not open")
        try:
            try:
                async with self._pool.acquire(timeout=_ANSWER_WITHIN) as connection:
                    return await work(connection)
            except self._gone:
                await self._pool.expire_connections()
                async with self._pool.acquire(timeout=_ANSWER_WITHIN) as connection:
                    return await work(connection)
        except self._errors as error:
            raise self._refused(error) from error

    def _refused(self, error: BaseException) -> StoreError:
        if getattr(error, "sqlstate", "") == _DEPOSED and self._lease:
            self._lease.depose()
            return Deposed(f"{self}: {error}")
        kind = StoreAway if isinstance(error, self._away) else StoreError
        return kind(f"{self}: {str(error) or type(error).__name__}")


class HistoryInSchema:
    """The tables of the history, beside those of this store and by its connections."""

    def __init__(self, store: PostgresStore) -> None:
        self.rows, self.carry_out, self._store = store._rows, store._carry_out, store
        self.slices, self.fill = store.slices, store.fill

    def __str__(self) -> str:
        return f"history in {self._store}"

    async def open(self) -> None:
        """The store has opened it."""

    async def close(self) -> None:
        """The store closes it."""

    async def vacuum(self) -> None:
        """The server does it by itself."""

    def size(self) -> int:
        return 0


@lru_cache(maxsize=64)
def numbered(sql: str) -> str:
    """Converts `?, ?` to PostgreSQL's `$1, $2`."""
    count = iter(range(1, sql.count("?") + 1))
    return re.sub(r"\?", lambda _: f"${next(count)}", sql)


def _split_url(url: str) -> tuple[str, str]:
    """The address for asyncpg, and the schema."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise StoreError(f"the store's URL cannot be read: {_FORM}") from None
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    schema = query.pop("schema", _SCHEMA)
    if not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", schema):
        raise StoreError(f'the store\'s schema "{schema}": use small letters, digits and "_"')
    return urlunsplit(parts._replace(query=urlencode(query))), schema
