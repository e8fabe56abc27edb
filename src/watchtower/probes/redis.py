"""`redis` pings a Redis or Valkey server and measures it."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import ssl
import time
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from watchtower.fields import AfterValidator, Field, FileName, Secret, model_validator
from watchtower.model import Fact, Facts, Reading, Unit
from watchtower.numbers import as_number
from watchtower.probes.contract import Probe, down, unknown
from watchtower.probes.network import CA_FILE, failed
from watchtower.probes.server import ServerProbe, address_of, need

_MOST = 1 << 18
"""Bytes of all answers of one run; INFO has some ten thousand."""

_TURN = 1 << 12
"""Bytes after which the loop may do something else: a thousand numbers of an array."""


def _url(value: Secret) -> Secret:
    return address_of(value, ("redis", "rediss"), "redis://:${REDIS_PASSWORD}@cache.internal:6379/0")


class RedisServer(ServerProbe):
    """Opens a new connection, logs in if the address has a user, and sends PING; then it measures."""

    address = "url"
    port = 6379
    library = "redis.asyncio"

    class Settings(Probe.Settings):
        url: Annotated[Secret, AfterValidator(_url)] = Field(
            description="Address of the server; `rediss://` for TLS."
        )
        verify: bool = Field(
            default=True, description="With TLS, check the server's certificate and its name."
        )
        ca_file: FileName = CA_FILE

        @model_validator(mode="after")
        def _library_is_there(self) -> RedisServer.Settings:
            need("redis", "redis")
            return self

    async def _ask(self, measured: dict[str, Any]) -> None:
        from redis.asyncio import Redis as Client
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff

        tls: dict[str, Any] = {}
        if self._url.startswith("rediss:"):
            import certifi

            # As everywhere: see watchtower.trust.
            tls = {
                "ssl_ca_certs": self.settings.ca_file or certifi.where(),
                "ssl_include_verify_flags": [ssl.VERIFY_X509_PARTIAL_CHAIN],
                "ssl_exclude_verify_flags": [ssl.VERIFY_X509_STRICT],
            }
            if not self.settings.verify:
                tls = {"ssl_cert_reqs": "none", "ssl_check_hostname": False}
        started = time.monotonic()
        client = Client.from_url(
            self._url,
            single_connection_client=True,
            parser_class=_bounded_parser(),
            retry=Retry(NoBackoff(), 0),
            retry_on_timeout=False,
            **tls,
        )
        try:
            await client.ping()
            measured["latency"] = time.monotonic() - started
            await self.measure(client, measured)
        finally:
            with contextlib.suppress(Exception):
                await client.aclose()

    def _failed(self, error: Exception, measured: dict[str, Any]) -> Reading:
        from redis import exceptions

        sentence = self._clean(f"{self._where}: {error}")
        if isinstance(error, (exceptions.AuthenticationError, exceptions.NoPermissionError)):
            return unknown("credentials", sentence, **measured)
        if isinstance(error, exceptions.BusyLoadingError):
            return down("loading", f"{self._where}: it is loading its data", **measured)
        if isinstance(error, exceptions.ResponseError) and str(error).startswith(
            ("NOAUTH", "WRONGPASS", "NOPERM")
        ):
            return unknown("credentials", sentence, **measured)
        if isinstance(error, (exceptions.ConnectionError, exceptions.TimeoutError)):
            cause = error.__cause__ or error.__context__
            if isinstance(error, exceptions.MaxConnectionsError):
                return down("too_many_connections", sentence, **measured)
            if isinstance(cause, (OSError, EOFError)):
                return failed(cause, self._where, measured)
            return down("reset", f"{self._where}: the connection was lost", **measured)
        if isinstance(error, (OSError, EOFError)):
            return failed(error, self._where, measured)
        if isinstance(error, exceptions.ResponseError):
            return down("error", sentence, **measured)
        return down("garbage", f"{self._where}: this is no Redis", **measured)

    async def measure(self, client: Any, measured: dict[str, Any]) -> None:
        """What is asked after PING."""
        raise NotImplementedError


class Redis(RedisServer):
    """Sends PING and, with `info`, INFO."""

    kind = "redis"
    facts: ClassVar[Facts] = {
        "latency": Fact.number("to connect, log in and get the answer to PING", Unit.SECONDS),
        "connected_clients": Fact.number("clients connected to the server, with `info`"),
        "used_memory_bytes": Fact.number("memory in use, with `info`", Unit.BYTES),
        "memory_ratio": Fact.number(
            "memory in use / `maxmemory`, with `info`; not known where there is no limit", Unit.RATIO
        ),
        "role": Fact.string("`master` or `slave`, with `info`"),
        "replication_up": Fact.bool("whether a replica is linked to its master, with `info`"),
        "replicas": Fact.number("replicas linked to a master, with `info`"),
    }

    class Settings(RedisServer.Settings):
        info: bool = Field(
            default=False, description="Also ask INFO, and measure clients, memory and replication."
        )

    async def measure(self, client: Any, measured: dict[str, Any]) -> None:
        if self.settings.info:
            measured |= _described(await client.info())


@functools.cache
def _bounded_parser() -> Any:
    """redis-py's own parser with a limit; without one it buffers an endless answer, a gigabyte within three
    seconds."""
    from redis.asyncio.connection import DefaultParser

    class Bounded(DefaultParser):  # type: ignore[misc,valid-type]
        def on_connect(self, connection: Any) -> None:
            super().on_connect(connection)
            self._stream: Any = _Bounded(connection._reader)

    return Bounded


class _Bounded:
    """A stream reader that gives `_MOST` bytes, and then reports a lost connection."""

    def __init__(self, reader: Any) -> None:
        self._reader, self._left = reader, _MOST

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader, name)

    async def read(self, most: int) -> bytes:
        return await self._taken(await self._reader.read(most))

    async def readline(self) -> bytes:
        return await self._taken(await self._reader.readline())

    async def readexactly(self, wanted: int) -> bytes:
        self._check(wanted)
        return await self._taken(await self._reader.readexactly(wanted))

    async def _taken(self, data: bytes) -> bytes:
        self._check(len(data))
        before, self._left = self._left, self._left - len(data)
        if before // _TURN != self._left // _TURN:  # what has come already is read without a pause
            await asyncio.sleep(0)
        return data

    def _check(self, size: int) -> None:
        if size > self._left:
            raise ValueError(f"it answers more than {_MOST} bytes")


def _described(info: Mapping[str, Any]) -> dict[str, Any]:
    most, used = as_number(info.get("maxmemory")), as_number(info.get("used_memory"))
    link = info.get("master_link_status")
    return {
        "connected_clients": as_number(info.get("connected_clients")),
        "used_memory_bytes": used,
        "memory_ratio": used / most if most and used is not None else None,
        "role": info.get("role"),
        "replication_up": None if link is None else link == "up",
        "replicas": as_number(info.get("connected_slaves")),
    }
