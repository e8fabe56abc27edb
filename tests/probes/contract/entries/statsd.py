"""statsd under contract: it asks nobody, but hears on a port."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.parts.child import free_port
from tests.probes.contract.entry import Entry, Place, Stage


@contextmanager
def _silence(_stage: Stage) -> Iterator[str]:
    yield f"127.0.0.1:{free_port()}"


@contextmanager
def _taken(_stage: Stage) -> Iterator[str]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{other.getsockname()[1]}"


def _settings(place: Place) -> dict[str, Any]:
    return {"listen": place.address, "query": "orders"}


ENTRY = Entry(
    kind="statsd",
    settings=_settings,
    says={"silence": "unknown never_seen", "taken": "unknown listen"},
    places={"silence": _silence, "taken": _taken},
)
