"""A real Redis keeps values, and its password is asked for."""

from __future__ import annotations

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.parts.conditions import started
from tests.parts.redis import RedisServer


def test_values(redis_server: RedisServer) -> None:
    with redis.Redis.from_url(redis_server.url) as client:
        client.set("flow", "checkout")
        assert client.get("flow") == b"checkout"


def test_a_password_is_asked_for() -> None:
    with started(RedisServer(password="s3cret")) as server:
        with redis.Redis.from_url(server.url) as client:
            assert client.ping()
        # Without retries: the client would take four seconds to believe that it is a stranger.
        with (
            redis.Redis(host=server.host, port=server.port, retry=Retry(NoBackoff(), 0)) as stranger,
            pytest.raises(redis.AuthenticationError),
        ):
            stranger.ping()
