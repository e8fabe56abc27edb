"""`postgres` connects to a database, measures its answer, and runs one query."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from watchtower.fields import AfterValidator, Field, Secret, model_validator
from watchtower.model import Fact, Facts, Reading, Unit
from watchtower.probes.contract import Probe, down, unknown
from watchtower.probes.metered import connected, read_only, too_much
from watchtower.probes.network import failed
from watchtower.probes.server import NoNumber, ServerProbe, address_of, need, number_of

if TYPE_CHECKING:
    import asyncpg

_STATS = """
SELECT (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS connections,
       current_setting('max_connections')::int AS max_connections,
       pg_is_in_recovery() AS in_recovery,
       CASE WHEN pg_is_in_recovery()
            THEN extract(epoch FROM now() - pg_last_xact_replay_timestamp()) END AS replay_age
"""


def _dsn(value: Secret) -> Secret:
    return address_of(
        value, ("postgresql", "postgres"), "postgresql://watch:${PGPASSWORD}@db.internal:5432/shop"
    )


class Postgres(ServerProbe):
    """Opens a new connection, reads only, and runs at most one query."""

    kind = "postgres"
    address = "dsn"
    port = 5432
    library = "asyncpg"
    facts: ClassVar[Facts] = {
        "latency": Fact.number("to connect, log in and get the answer", Unit.SECONDS),
        "connect_seconds": Fact.number("time to connect and log in", Unit.SECONDS),
        "value": Fact.number("what `query` gives: the first column of its first row"),
        "connections": Fact.number("clients connected to the server, with `stats`"),
        "max_connections": Fact.number("how many clients the server takes, with `stats`"),
        "in_recovery": Fact.bool("whether the server is a standby, with `stats`"),
        "replay_age_seconds": Fact.number(
            "on a standby, the age of the last transaction it has replayed, with `stats`", Unit.SECONDS
        ),
    }

    class Settings(Probe.Settings):
        dsn: Annotated[Secret, AfterValidator(_dsn)] = Field(
            description="Address of the database; `?sslmode=verify-full&sslrootcert=FILE` checks its certificate."
        )
        query: str = Field(default="", description="A query that gives one number, run read-only.")
        stats: bool = Field(
            default=False, description="Also measure connections and, on a standby, how far it is behind."
        )

        @model_validator(mode="after")
        def _library_is_there(self) -> Postgres.Settings:
            need("asyncpg", "postgres")
            return self

    async def _ask(self, measured: dict[str, Any]) -> None:
        started = time.monotonic()
        connection = await connected(self._url, self.timeout_seconds)
        try:
            measured["connect_seconds"] = time.monotonic() - started
            if not self.settings.query:
                await connection.fetchval("SELECT 1")
                measured["latency"] = time.monotonic() - started
            if self.settings.query or self.settings.stats:
                await self._query(connection, started, measured)
        finally:
            connection.terminate()

    async def _query(
        self, connection: asyncpg.Connection[Any], started: float, measured: dict[str, Any]
    ) -> None:
        async with read_only(connection, self.timeout_seconds - (time.monotonic() - started)):
            if self.settings.query:
                found = await connection.fetchval(self.settings.query)
                measured["latency"] = time.monotonic() - started
                measured["value"] = number_of(found)
            if self.settings.stats:
                await _take_stats(connection, measured)

    def _failed(self, error: Exception, measured: dict[str, Any]) -> Reading:
        import asyncpg

        if much := too_much(error):
            return down("garbage", f"{self._where}: {much}", **measured)
        if isinstance(error, asyncpg.PostgresError):
            reason, ours = _meaning(getattr(error, "sqlstate", "") or "")
            sentence = self._clean(f"{self._where}: {error.args[0] if error.args else type(error).__name__}")
            return (unknown if ours else down)(reason, sentence, **measured)
        if isinstance(error, NoNumber):
            return unknown("query", f"{self._where}: {error}", **measured)
        if isinstance(error, asyncpg.ClientConfigurationError):
            return unknown("config", self._clean(f"{self._where}: {error}"), **measured)
        # asyncpg's words, without a number, for an answer to its offer of TLS that is none.
        if isinstance(error, ConnectionError) and "SSL upgrade" in str(error):
            if re.search(r"sslmode=(require|verify)", self._url):
                return down("tls", f"{self._where}: it offers no TLS", **measured)
        elif isinstance(error, (OSError, EOFError)):
            return failed(error, self._where, measured)
        if isinstance(error, asyncpg.InterfaceError):
            return down("reset", f"{self._where}: the connection was lost", **measured)
        return down("garbage", f"{self._where}: this is no PostgreSQL", **measured)


async def _take_stats(connection: asyncpg.Connection[Any], measured: dict[str, Any]) -> None:
    row = await connection.fetchrow(_STATS)
    if row is not None:
        measured["connections"], measured["max_connections"] = row["connections"], row["max_connections"]
        measured["in_recovery"], age = row["in_recovery"], row["replay_age"]
        measured["replay_age_seconds"] = None if age is None else float(age)


def _meaning(sqlstate: str) -> tuple[str, bool]:
    """The reason, and whether the error is our own, by the SQLSTATE (PostgreSQL documentation, appendix A)."""
    if sqlstate.startswith("28"):
        return "credentials", True
    if sqlstate == "3D000":
        return "no_database", False
    if sqlstate.startswith("53"):
        return "too_many_connections" if sqlstate == "53300" else "exhausted", False
    if sqlstate == "57P03":
        return "starting", False
    if sqlstate == "57014":
        return "timeout", False
    if sqlstate.startswith(("22", "25", "42")):
        return "query", True
    return "refused" if sqlstate.startswith("57") else "database", False
