"""The probes postgres and redis, against real servers."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from tests.parts.certificates import Certificates
from tests.parts.postgres import Postgres as Server
from tests.parts.redis import RedisServer
from tests.probes.health.conftest import Ask
from watchtower.probes.postgres import Postgres
from watchtower.probes.redis import Redis
from watchtower.probes.server import need


@pytest.mark.parametrize(
    ("query", "says", "value"),
    [
        ("", "up", "nothing"),
        ("SELECT 42", "up", 42.0),
        ("SELECT 1.5::numeric", "up", 1.5),
        ("SELECT true", "up", 1.0),
        ("SELECT NULL::int", "up", None),
        ("SELECT 1 WHERE false", "up", None),
        ("SELECT 'many'", "unknown query", "nothing"),
        ("SELECT 'NaN'::numeric", "unknown query", "nothing"),
        ("SELECT 'NaN'::float8", "unknown query", "nothing"),
        ("SELECT 'infinity'::float8", "unknown query", "nothing"),
        ("SELECT 1e400::numeric", "unknown query", "nothing"),
        ("SELEC 1", "unknown query", "nothing"),
        ("SELECT * FROM nowhere", "unknown query", "nothing"),
        ("CREATE TABLE t (n int)", "unknown query", "nothing"),
    ],
)
async def test_postgres_takes_one_number_from_a_query_that_only_reads(
    ask: Ask, postgres: Server, query: str, says: str, value: Any
) -> None:
    reading = await ask("postgres", dsn=postgres.create_database(), query=query)
    assert f"{reading.outcome} {reading.reason}".strip() == says, reading
    assert reading.measurements.get("value", "nothing") == value


async def test_postgres_measures_connections(ask: Ask, postgres: Server) -> None:
    reading = await ask("postgres", dsn=postgres.dsn(), stats=True)
    assert reading.measurements["max_connections"] == 60.0
    assert reading.measurements["connections"] >= 1.0  # type: ignore[operator]
    assert reading.measurements["in_recovery"] is False


async def test_a_slow_query_is_given_up_by_the_server_too(ask: Ask, postgres: Server) -> None:
    dsn = postgres.create_database()
    reading = await ask("postgres", dsn=dsn, query="SELECT count(*) FROM pg_sleep(30)", timeout=0.5)
    assert (reading.outcome, reading.reason) == ("down", "timeout")
    running = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(30)%' AND state = 'active' AND pid <> pg_backend_pid()"
    for _ in range(100):
        if postgres.sql(running) == "0":
            return
    pytest.fail("the server is still at it")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("/postgres", "/nowhere"), "down no_database"),
        (("watchtower:watchtower@", "watchtower:wrong@"), "unknown credentials"),
        (("watchtower:watchtower@", "nobody:wrong@"), "unknown credentials"),
        (("/postgres", "/postgres?sslmode=require"), "down tls"),
        (("/postgres", "/postgres?sslmode=verify-full&sslrootcert=/no/such.pem"), "unknown config"),
        (("/postgres", "/postgres?sslmode=odd"), "unknown config"),
    ],
)
async def test_postgres_tells_our_faults_from_its_own(
    ask: Ask, postgres: Server, change: tuple[str, str], says: str
) -> None:
    reading = await ask("postgres", dsn=postgres.dsn().replace(*change))
    assert f"{reading.outcome} {reading.reason}" == says, reading


async def test_postgres_is_bounded_with_tls_and_without(ask: Ask, certificates: Certificates) -> None:
    with Server() as server:
        home = Path(server.sql("SHOW data_directory").strip())
        for name, file in (("cert", certificates.good.certificate), ("key", certificates.good.key)):
            ours = home / f"{name}.pem"
            ours.write_bytes(file.read_bytes())
            shutil.chown(ours, home.owner(), home.group())
            ours.chmod(0o600)
            server.sql(f"ALTER SYSTEM SET ssl_{name}_file = '{ours}'")
        server.sql("ALTER SYSTEM SET ssl = on")
        server.sql("SELECT pg_reload_conf()")
        mine = "SELECT count(*) FROM pg_stat_ssl WHERE ssl AND pid = pg_backend_pid()"
        for mode, with_tls in (("disable", 0.0), ("require", 1.0), ("prefer", 1.0)):
            dsn = f"{server.dsn()}?sslmode={mode}"
            assert (await ask("postgres", dsn=dsn, query=mine)).measurements["value"] == with_tls
            reading = await ask("postgres", dsn=dsn, query="SELECT repeat('x', 4000000)")
            assert (reading.outcome, reading.reason) == ("down", "garbage")
            assert "more than 1048576 bytes" in reading.detail


async def test_redis_measures_itself(ask: Ask, redis_server: RedisServer) -> None:
    plain = await ask("redis", url=redis_server.url)
    assert plain.measurements.keys() == {"latency"}
    reading = await ask("redis", url=redis_server.url, info=True)
    assert reading.outcome == "up"
    assert reading.measurements["role"] == "master"
    assert reading.measurements["replicas"] == 0.0
    assert reading.measurements["replication_up"] is None
    assert reading.measurements["memory_ratio"] is None, "there is no limit"
    assert reading.measurements["used_memory_bytes"] > 0  # type: ignore[operator]


@pytest.mark.parametrize("head", [b"$2000000000\r\n", b"*100000000\r\n"], ids=["a long text", "many numbers"])
async def test_redis_is_not_read_without_end(ask: Ask, head: bytes) -> None:
    sent, worst, over = 0, 0.0, asyncio.Event()

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(head)
        with contextlib.suppress(OSError):
            while sent < 64 << 20:
                writer.write(b":1\r\n" * (1 << 16))
                sent += 1 << 18
                await writer.drain()
        over.set()
        writer.close()

    async def look() -> None:
        nonlocal worst
        while not over.is_set():
            at = time.monotonic()
            await asyncio.sleep(0.005)
            worst = max(worst, time.monotonic() - at)

    looking = asyncio.create_task(look())
    async with await asyncio.start_server(flood, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        reading = await ask("redis", url=f"redis://127.0.0.1:{port}/0", timeout=10.0)
        await asyncio.wait_for(over.wait(), 10)
    await looking
    assert (reading.outcome, reading.reason) == ("down", "garbage")
    assert sent < 32 << 20, "it hung up"
    assert worst < 0.5


@pytest.mark.parametrize(
    ("kind", "key", "scheme"), [("postgres", "dsn", "postgresql"), ("redis", "url", "redis")]
)
async def test_a_name_that_is_not_there_is_the_targets_trouble(
    ask: Ask, kind: str, key: str, scheme: str
) -> None:
    reading = await ask(kind, **{key: f"{scheme}://u:pass-word@no-such-name.invalid/0"})
    assert (reading.outcome, reading.reason) == ("down", "dns")


@pytest.mark.parametrize(
    ("kind", "text"), [(Postgres, '{"dsn": "db.internal"}'), (Redis, '{"url": "cache.internal:6379"}')]
)
def test_an_address_without_a_scheme_is_refused_with_an_example(kind: Any, text: str) -> None:
    with pytest.raises(ValidationError, match="must be an address such as"):
        kind.Settings.model_validate_json(text)


def test_a_library_that_is_missing_is_named_with_its_extra() -> None:
    with pytest.raises(ValueError, match=r'pip install "watchtower-oncall\[redis\]"'):
        need("no_such_library", "redis")
