"""mysql under contract."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.parts.conditions import started
from tests.parts.mariadb import MariaDb
from tests.probes.contract.entry import TOKEN, Entry, Place, Stage


@contextmanager
def _server(_stage: Stage) -> Iterator[str]:
    with started(MariaDb(password=TOKEN)) as server:
        yield f"{server.host}:{server.port}"


@contextmanager
def _server_with_another_password(_stage: Stage) -> Iterator[str]:
    with started(MariaDb()) as server:
        yield f"{server.host}:{server.port}"


def _settings(place: Place) -> dict[str, Any]:
    return {
        "dsn": f"mysql://watchtower:{TOKEN}@{place.address}/mysql",
        "query": "SELECT 42",
        "stats": True,
    }


ENTRY = Entry(
    kind="mysql",
    settings=_settings,
    says={
        "well": "up",
        "credentials": "unknown credentials",
        "refused": "down refused",
        "hang": "down timeout",
        "garbage": "down garbage",
        "closed": "down reset",
    },
    places={"well": _server, "credentials": _server_with_another_password},
)
