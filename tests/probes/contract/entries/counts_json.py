"""counts.json under contract."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.parts.httpserver import Answer, HttpServer
from tests.probes.contract.entry import TOKEN, Entry, Place, Stage


@contextmanager
def _well(stage: Stage) -> Iterator[str]:
    with HttpServer(stage.certificates.good) as server:
        server.on("/", Answer.json({"n": 12}))
        yield f"localhost:{server.port}"


@contextmanager
def _echo(_stage: Stage) -> Iterator[str]:
    """Says everything that it was told, where a careless probe would repeat it."""
    with HttpServer() as server:
        server.on("/", Answer.json({"n": f"of {TOKEN}"}))
        yield f"127.0.0.1:{server.port}"


def _settings(place: Place) -> dict[str, Any]:
    scheme = "https" if place.name in ("well", "expired") else "http"
    return {
        "url": f"{scheme}://{place.address}/?key={TOKEN}&from=:since&to=:until",
        "method": "POST",
        "body": f'{{"token": "{TOKEN}"}}',
        "headers": {"X-Key": TOKEN},
        "username": "u",
        "password": TOKEN,
        "rows": "n",
        "ca_file": str(place.stage.certificates.authority),
    }


ENTRY = Entry(
    kind="counts.json",
    settings=_settings,
    says={
        "well": "up",
        "echo": "unknown not_a_number",
        "refused": "unknown refused",
        "hang": "unknown timeout",
        "garbage": "unknown protocol",
        "closed": "unknown reset",
        "expired": "unknown tls",
    },
    places={"well": _well, "echo": _echo},
)
