"""metrics under contract."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.parts.httpserver import Answer, HttpServer
from tests.probes.contract.entry import TOKEN, Entry, Place, Stage


@contextmanager
def _well(stage: Stage) -> Iterator[str]:
    with HttpServer(stage.certificates.good) as server:
        server.on("/metrics", Answer(200, "orders_total 1\n"), Answer(200, "orders_total 3\n"))
        yield f"localhost:{server.port}"


@contextmanager
def _credentials(_stage: Stage) -> Iterator[str]:
    with HttpServer() as server:
        server.on("/metrics", Answer(401, TOKEN))
        yield f"127.0.0.1:{server.port}"


def _settings(place: Place) -> dict[str, Any]:
    scheme = "https" if place.name in ("well", "expired") else "http"
    return {
        "url": f"{scheme}://u:{TOKEN}@{place.address}/metrics?key={TOKEN}",
        "query": "orders_total",
        "headers": {"Authorization": f"Bearer {TOKEN}"},
        "ca_file": str(place.stage.certificates.authority),
    }


ENTRY = Entry(
    kind="metrics",
    settings=_settings,
    says={
        "well": "up",
        "credentials": "unknown credentials",
        "refused": "unknown refused",
        "hang": "unknown timeout",
        "garbage": "unknown protocol",
        "closed": "unknown reset",
        "expired": "unknown tls",
    },
    places={"well": _well, "credentials": _credentials},
    polls=2,
)
