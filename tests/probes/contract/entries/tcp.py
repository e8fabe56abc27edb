"""tcp under contract."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.parts.httpserver import Answer, HttpServer
from tests.probes.contract.entry import TOKEN, Entry, Place, Stage


@contextmanager
def _well(_stage: Stage) -> Iterator[str]:
    with HttpServer() as server:
        server.on("/", Answer(200, "ok"))
        yield f"127.0.0.1:{server.port}"


def _settings(place: Place) -> dict[str, Any]:
    return {
        "address": place.address,
        "send": f"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n\r\n",
        "expect": "200 OK",
    }


ENTRY = Entry(
    kind="tcp",
    settings=_settings,
    says={
        "well": "up",
        "refused": "down refused",
        "hang": "down timeout",
        "garbage": "down garbage",
        "closed": "down reset",
    },
    places={"well": _well},
)
