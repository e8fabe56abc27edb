"""redis.counters against a real Redis."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
import redis

from tests.parts.redis import RedisServer
from tests.probes.traffic.conftest import Make
from watchtower.model import Outcome


@pytest.fixture
def client(redis_server: RedisServer) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_server.url) as one:
        yield one


@pytest.fixture
def key() -> str:
    return f"orders-{uuid.uuid4().hex}"


async def test_growth_resets_and_a_key_that_goes(
    redis_server: RedisServer, client: redis.Redis, key: str, make: Make
) -> None:
    probe = await make(
        "redis.counters", url=redis_server.url, requests=key, errors=f"{key}:failed", amount=f"{key}:amount"
    )
    assert (await probe.one()).reason == "absent"
    client.incrby(key, 100)
    client.incrbyfloat(f"{key}:amount", 10.5)
    assert (await probe.one()).measurements == {"requests": 100.0, "amount": 10.5}, "it was born meanwhile"
    client.incrby(key, 7)
    client.incrby(f"{key}:failed", 7)
    assert (await probe.one()).measurements == {
        "requests": 7.0,
        "errors": 7.0,
        "error_ratio": 1.0,
        "amount": 0.0,
    }
    client.set(key, 3)  # restored from an old copy, or set anew
    assert (await probe.one()).measurements["requests"] == 3.0
    client.set(key, "many")
    reading = await probe.one()
    assert (reading.outcome, reading.reason) == (Outcome.UNKNOWN, "absent")
    client.delete(key)
    assert (await probe.one()).reason == "absent"


async def test_fields_of_a_hash_are_series(
    redis_server: RedisServer, client: redis.Redis, key: str, make: Make
) -> None:
    client.hset(key, mapping={"buy": 5, "other": 1})
    probe = await make(
        "redis.counters", url=redis_server.url, requests=key, hash=True, series=("buy", "refund")
    )
    await probe.poll()
    client.hincrby(key, "buy", 4)
    found = await probe.by_series()
    assert set(found) == {"", "buy", "refund"}
    assert found["buy"].measurements == {"requests": 4.0}
    assert (found["refund"].outcome, found["refund"].reason) == (Outcome.UNKNOWN, "absent")


async def test_a_key_of_another_type_and_too_many_fields(
    redis_server: RedisServer, client: redis.Redis, key: str, make: Make
) -> None:
    client.hset(key, mapping={f"f{n}": n for n in range(600)})
    wrong = await (await make("redis.counters", url=redis_server.url, requests=key)).one()
    assert (wrong.outcome, wrong.reason) == (Outcome.UNKNOWN, "error")
    many = await make("redis.counters", url=redis_server.url, requests=key, hash=True)
    assert {one.reason for one in await many.poll()} == {"too_many_series"}
    client.hset(key, "long", "x" * (1 << 19))
    assert {one.reason for one in await many.poll()} == {"garbage"}
