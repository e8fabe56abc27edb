"""`mysql` connects to a MySQL or MariaDB, measures its answer, and runs one query."""

from __future__ import annotations

import time
from typing import Annotated, Any, ClassVar

from watchtower.fields import AfterValidator, Field, Secret
from watchtower.model import Fact, Facts, Reading, Unit
from watchtower.numbers import as_number
from watchtower.probes import mysql_connection
from watchtower.probes.contract import Probe, unknown
from watchtower.probes.server import NoNumber, ServerProbe, address_of, number_of
from watchtower.values import replace

_SYNTAX = 1064
_MOST_CHANNELS = 100


def _dsn(value: Secret) -> Secret:
    address_of(value, ("mysql",), "mysql://watch:${MYSQL_PASSWORD}@db.internal:3306/shop")
    mysql_connection.check_address(value.get_secret_value())
    return value


class Mysql(ServerProbe):
    """Opens a new connection, reads only, and runs at most one query."""

    kind = "mysql"
    address = "dsn"
    port = mysql_connection.PORT
    library = "aiomysql"
    facts: ClassVar[Facts] = {
        "latency": Fact.number("to connect, log in and get the answer", Unit.SECONDS),
        "connect_seconds": Fact.number("time to connect and log in", Unit.SECONDS),
        "value": Fact.number("what `query` gives: the first column of its first row"),
        "connections": Fact.number("clients connected to the server, with `stats`"),
        "max_connections": Fact.number("how many clients the server takes, with `stats`"),
        "read_only": Fact.bool("whether the server takes no writes, with `stats`"),
        "replication_running": Fact.bool("on a replica, whether all its threads run, with `stats`"),
        "replication_lag_seconds": Fact.number(
            "on a replica, how far it is behind, with `stats`; not known while it does not run", Unit.SECONDS
        ),
    }

    class Settings(Probe.Settings):
        dsn: Annotated[Secret, AfterValidator(_dsn)] = Field(
            description="Address of the database; `?ssl-mode=VERIFY_IDENTITY&ssl-ca=FILE` checks its certificate."
        )
        query: str = Field(default="", description="A query that gives one number, run read-only.")
        stats: bool = Field(
            default=False, description="Also measure connections, `read_only` and, on a replica, its lag."
        )

    async def _ask(self, measured: dict[str, Any]) -> None:
        started = time.monotonic()
        async with mysql_connection.connected(self._url) as connection:
            measured["connect_seconds"] = time.monotonic() - started
            await mysql_connection.begin_reading(
                connection, self.timeout_seconds - measured["connect_seconds"]
            )
            if self.settings.stats:
                await _take_stats(connection, measured)
            # Last, since nothing can be asked after an answer that is not read to its end.
            rows = await mysql_connection.rows_of(connection, self.settings.query or "SELECT 1", 1)
            measured["latency"] = time.monotonic() - started
            if self.settings.query:
                measured["value"] = number_of(next(iter(rows[0].values()))) if rows else None

    def _failed(self, error: Exception, measured: dict[str, Any]) -> Reading:
        if isinstance(error, NoNumber):
            return unknown("query", f"{self._where}: {error}", **measured)
        reading = mysql_connection.failure(error, self._where, measured)
        return replace(reading, detail=self._clean(reading.detail))


async def _take_stats(connection: Any, measured: dict[str, Any]) -> None:
    status = await mysql_connection.rows_of(connection, "SHOW GLOBAL STATUS LIKE 'Threads_connected'", 2)
    (limits,) = await mysql_connection.rows_of(
        connection, "SELECT @@GLOBAL.max_connections AS most, @@GLOBAL.read_only AS ro", 2
    )
    measured["connections"] = as_number(status[0]["Value"])
    measured["max_connections"] = as_number(limits["most"])
    measured["read_only"] = str(limits["ro"]).upper() not in ("0", "OFF")
    if channels := await _replication(connection):
        lags = [as_number(_either(one, "Seconds_Behind_Source", "Seconds_Behind_Master")) for one in channels]
        measured["replication_running"] = all(map(_runs, channels))
        known = [lag for lag in lags if lag is not None]
        measured["replication_lag_seconds"] = max(known) if len(known) == len(lags) else None


async def _replication(connection: Any) -> list[dict[str, Any]]:
    """Where this server replicates from, a row each; servers before MySQL 8.0.22 and MariaDB 10.5 know only the older
    word."""
    from aiomysql import ProgrammingError

    try:
        return await mysql_connection.rows_of(connection, "SHOW REPLICA STATUS", _MOST_CHANNELS)
    except ProgrammingError as error:
        if error.args[0] != _SYNTAX:
            raise
        return await mysql_connection.rows_of(connection, "SHOW SLAVE STATUS", _MOST_CHANNELS)


def _runs(channel: dict[str, Any]) -> bool:
    names = (("Replica_IO_Running", "Slave_IO_Running"), ("Replica_SQL_Running", "Slave_SQL_Running"))
    return all(_either(channel, *both) == "Yes" for both in names)


def _either(row: dict[str, Any], name: str, older: str) -> Any:
    return row[name] if name in row else row[older]
