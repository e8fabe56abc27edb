"""domain under contract."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.parts.httpserver import Answer, HttpServer
from tests.probes.contract.entry import TOKEN, Entry, Place, Stage

_REGISTRATION = {
    "objectClassName": "domain",
    "ldhName": "shop.example",
    "events": [{"eventAction": "expiration", "eventDate": "2099-01-01T00:00:00Z"}],
}


@contextmanager
def _well(stage: Stage) -> Iterator[str]:
    with HttpServer(stage.certificates.good) as server:
        server.on(f"/{TOKEN}/domain/shop.example", Answer.json(_REGISTRATION))
        yield f"localhost:{server.port}"


def _settings(place: Place) -> dict[str, Any]:
    scheme = "https" if place.name in ("well", "expired") else "http"
    return {
        "domain": "shop.example",
        "server_url": f"{scheme}://{place.address}/{TOKEN}",
        "ca_file": str(place.stage.certificates.authority),
    }


ENTRY = Entry(
    kind="domain",
    settings=_settings,
    says={
        "well": "up",
        "refused": "unknown refused",
        "hang": "unknown timeout",
        "garbage": "unknown protocol",
        "closed": "unknown reset",
        "expired": "unknown tls",
    },
    places={"well": _well},
)
