"""Connections to a MySQL or MariaDB that is asked and not trusted. aiomysql reads whatever length is declared, and would
tell a server the password in clear text that asks for it."""

from __future__ import annotations

import asyncio
import functools
import os
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import certifi

from watchtower.model import Reading
from watchtower.probes.contract import down, unknown
from watchtower.probes.network import failed
from watchtower.probes.server import need
from watchtower.trust import tls_context

PORT = 3306
_MOST = 1 << 20
"""Bytes of one connection, TLS taken off; as of `watchtower.probes.metered`."""
_TURN = 1 << 12
"""Bytes after which the loop may do something else."""
_MODES = ("DISABLED", "PREFERRED", "REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY")
_PLUGINS = (b"mysql_native_password", b"caching_sha2_password", b"sha256_password")
"""Ways to log in that tell the password to nobody in clear text."""
_QUERY = (1054, 1064, 1142, 1143, 1146, 1222, 1305, 1365, 1370, 1690, 1792)
_MEANING = {
    **dict.fromkeys(_QUERY, ("query", True)),
    **dict.fromkeys((1044, 1045, 1130, 1227, 1698, 3118), ("credentials", True)),
    **dict.fromkeys((1040, 1203, 1226), ("too_many_connections", False)),
    **dict.fromkeys((1317, 1969, 3024), ("timeout", False)),
    1049: ("no_database", False),
    1053: ("stopping", False),
}
"""By the server's number (MySQL's and MariaDB's error reference): the reason, and whether the error is our own."""


class BadConnection(ConnectionError):
    """We end the connection: the server sends too much, offers no TLS, or asks for the password in the clear."""

    def __init__(self, reason: str, detail: str) -> None:
        self.reason = reason
        super().__init__(detail)


def check_address(dsn: str) -> None:
    """Raises ValueError when the address cannot be used: an option that is not known, or no driver."""
    _options(dsn)
    need("aiomysql", "mysql")


def failure(error: BaseException, where: str, measured: Mapping[str, Any] | None = None) -> Reading:
    """What an error says of the server, with what had been measured by then. Its sentence may hold a secret."""
    from aiomysql import DataError, MySQLError, NotSupportedError, ProgrammingError

    numbers, said = measured or {}, error.args
    network = _network(error)
    if isinstance(network, BadConnection):
        own = network.reason == "credentials"
        return (unknown if own else down)(network.reason, f"{where}: {network}", **numbers)
    if network is not None:
        return failed(network, where, numbers)
    if not isinstance(error, MySQLError) or len(said) < 2:
        return down("garbage", f"{where}: this is no MySQL", **numbers)
    wrong = isinstance(error, (DataError, NotSupportedError, ProgrammingError))
    reason, own = _MEANING.get(said[0], ("query", True) if wrong else ("database", False))
    return (unknown if own else down)(reason, f"{where}: {said[1]}", **numbers)


def _network(error: BaseException | None) -> OSError | EOFError | None:
    """The failure of the network that aiomysql's error came from."""
    while error is not None and not isinstance(error, (OSError, EOFError)):
        error = error.__cause__ or error.__context__
    return error


@asynccontextmanager
async def connected(dsn: str) -> AsyncIterator[Any]:
    """A new connection, which ends after so many bytes. Raises what aiomysql raises; see `failure`."""
    parts, options = urlsplit(dsn), _options(dsn)
    mode, authorities = options.get("ssl-mode", "PREFERRED"), options.get("ssl-ca", "")
    connection = _client()(
        mode not in ("DISABLED", "PREFERRED"),
        host=parts.hostname,
        port=parts.port or PORT,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        db=unquote(parts.path.lstrip("/")) or None,
        ssl=_context(mode, authorities, _changed(authorities)),
        charset="utf8mb4",
        program_name="watchtower",
        autocommit=None,
    )
    try:
        await connection._connect()
        yield connection
    finally:
        if connection._writer is not None:
            connection._writer.transport.abort()
            connection._writer = None


async def begin_reading(connection: Any, within: float) -> None:
    """A transaction that writes nothing. The server itself gives a statement up: else each run would leave a slow one
    behind."""
    if "MariaDB" in connection.server_version:
        await connection.query(f"SET SESSION max_statement_time = {max(0.001, within):.3f}")
    else:
        await connection.query(f"SET SESSION max_execution_time = {max(1, round(within * 1000))}")
    await connection.query("SET SESSION TRANSACTION READ ONLY")
    await connection.query("START TRANSACTION")


async def rows_of(connection: Any, query: str, limit: int) -> list[dict[str, Any]]:
    """The first rows of an answer, by column. Nothing more can be asked after an answer that is longer."""
    from aiomysql import SSDictCursor

    cursor = await connection.cursor(SSDictCursor)
    await cursor.execute(query)
    return list(await cursor.fetchmany(limit)) if cursor.description else []


def _options(dsn: str) -> dict[str, str]:
    options = dict(parse_qsl(urlsplit(dsn).query))
    if unknown := options.keys() - {"ssl-mode", "ssl-ca"}:
        raise ValueError(f"the address has the option {min(unknown)}: only ssl-mode and ssl-ca are known")
    if options.get("ssl-mode", "DISABLED") not in _MODES:
        raise ValueError(f"ssl-mode must be one of {', '.join(_MODES)}")
    return options


def _changed(file: str) -> float:
    """When a file was last changed: a changed one needs a new context."""
    return os.stat(file).st_mtime if file else 0.0


@functools.lru_cache(maxsize=8)
def _context(mode: str, authorities: str, _changed: float) -> ssl.SSLContext | None:
    """Contexts are shared: each holds the parsed authorities, some MiB and 15 ms."""
    if mode == "DISABLED":
        return None
    checked = mode.startswith("VERIFY")
    context = (
        tls_context(authorities or certifi.where()) if checked else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    )
    context.check_hostname = mode == "VERIFY_IDENTITY"
    context.verify_mode = ssl.CERT_REQUIRED if checked else ssl.CERT_NONE
    return context


@functools.cache
def _client() -> Any:
    """aiomysql's own connection, with limits."""
    from aiomysql.connection import Connection
    from pymysql.constants import CLIENT

    class Bounded(Connection):  # type: ignore[misc]
        def __init__(self, must_encrypt: bool, **how: Any) -> None:
            super().__init__(**how)
            self.client_flag &= ~CLIENT.MULTI_STATEMENTS
            self._must_encrypt, self._left = must_encrypt, _MOST

        async def _request_authentication(self) -> None:
            if self._must_encrypt and not self.server_capabilities & CLIENT.SSL:
                raise BadConnection("tls", "it offers no TLS")
            await super()._request_authentication()

        async def _process_auth(self, plugin: bytes, packet: Any) -> Any:
            if plugin not in _PLUGINS:
                raise BadConnection(
                    "credentials", f"it asks for the password by {plugin.decode(errors='replace')[:50]}"
                )
            return await super()._process_auth(plugin, packet)

        async def _read_bytes(self, size: int) -> bytes:
            before, self._left = self._left, self._left - size
            if self._left < 0:
                raise BadConnection("garbage", f"it sends more than {_MOST} bytes")
            if before // _TURN != self._left // _TURN:  # what has come already is read without a pause
                await asyncio.sleep(0)
            data: bytes = await super()._read_bytes(size)
            return data

    return Bounded
