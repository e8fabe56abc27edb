"""http under contract."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.parts.httpserver import Answer, HttpServer
from tests.probes.contract.entry import TOKEN, Entry, Place, Stage


@contextmanager
def _well(stage: Stage) -> Iterator[str]:
    with HttpServer(stage.certificates.good) as server:
        server.on("/", Answer.json({"queue": 3}))
        yield f"localhost:{server.port}"


@contextmanager
def _credentials(_stage: Stage) -> Iterator[str]:
    with HttpServer() as server:
        server.on("/", Answer(401, TOKEN))
        yield f"127.0.0.1:{server.port}"


@contextmanager
def _echo(_stage: Stage) -> Iterator[str]:
    """Says everything that it was told, where a careless probe would repeat it."""
    with HttpServer() as server:
        server.on(
            "/", Answer(302, TOKEN, {"Location": f"https://u:{TOKEN}@127.0.0.1/?key={TOKEN}", "X-Say": TOKEN})
        )
        yield f"127.0.0.1:{server.port}"


def _settings(place: Place) -> dict[str, Any]:
    scheme = "https" if place.name in ("well", "expired") else "http"
    return {
        "url": f"{scheme}://u:{TOKEN}@{place.address}/?key={TOKEN}",
        "headers": {"Authorization": f"Bearer {TOKEN}"},
        "body": f"token={TOKEN}",
        "method": "POST",
        "password": TOKEN,
        "ca_file": str(place.stage.certificates.authority),
        "measure": {"queue": "queue"},
    }


ENTRY = Entry(
    kind="http",
    settings=_settings,
    says={
        "well": "up",
        "refused": "down refused",
        "hang": "down timeout",
        "garbage": "down protocol",
        "closed": "down reset",
        "expired": "down tls",
        "credentials": "unknown credentials",
        "echo": "down status",
    },
    places={"well": _well, "credentials": _credentials, "echo": _echo},
)
