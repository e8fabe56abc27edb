"""redis under contract."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.parts.conditions import started
from tests.parts.redis import RedisServer
from tests.probes.contract.entry import TOKEN, Entry, Place, Stage


@contextmanager
def _server(_stage: Stage) -> Iterator[str]:
    with started(RedisServer(password=TOKEN)) as server:
        yield f"{server.host}:{server.port}"


@contextmanager
def _server_with_another_password(_stage: Stage) -> Iterator[str]:
    with started(RedisServer(password="another")) as server:
        yield f"{server.host}:{server.port}"


def _settings(place: Place) -> dict[str, Any]:
    scheme = "rediss" if place.name == "expired" else "redis"
    return {
        "url": f"{scheme}://:{TOKEN}@{place.address}/0",
        "info": True,
        "ca_file": str(place.stage.certificates.authority),
    }


ENTRY = Entry(
    kind="redis",
    settings=_settings,
    says={
        "well": "up",
        "credentials": "unknown credentials",
        "refused": "down refused",
        "hang": "down timeout",
        "garbage": "down garbage",
        "closed": "down reset",
        "expired": "down tls",
    },
    places={"well": _server, "credentials": _server_with_another_password},
)
