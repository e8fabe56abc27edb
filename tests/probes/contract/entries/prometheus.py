"""prometheus under contract."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.parts.conditions import started
from tests.parts.httpserver import Answer, HttpServer
from tests.parts.prometheus import Prometheus
from tests.probes.contract.entry import TOKEN, Entry, Place, Stage


@contextmanager
def _well(_stage: Stage) -> Iterator[str]:
    with started(Prometheus()) as server:
        yield f"{server.host}:{server.port}"


@contextmanager
def _echo(_stage: Stage) -> Iterator[str]:
    """Says everything that it was told, where a careless probe would repeat it."""
    with HttpServer() as server:
        said = {"status": "error", "errorType": "bad_data", "error": f"what is Bearer {TOKEN}?"}
        server.on("/api/v1/query", Answer.json(said, 400))
        yield f"127.0.0.1:{server.port}"


def _settings(place: Place) -> dict[str, Any]:
    scheme = "https" if place.name == "expired" else "http"
    return {
        "url": f"{scheme}://u:{TOKEN}@{place.address}/?key={TOKEN}",
        "query": "vector(5)",
        "gives": "rate",
        "headers": {"Authorization": f"Bearer {TOKEN}"},
        "ca_file": str(place.stage.certificates.authority),
    }


ENTRY = Entry(
    kind="prometheus",
    settings=_settings,
    says={
        "well": "up",
        "echo": "unknown query",
        "refused": "unknown refused",
        "hang": "unknown timeout",
        "garbage": "unknown protocol",
        "closed": "unknown reset",
        "expired": "unknown tls",
    },
    places={"well": _well, "echo": _echo},
)
