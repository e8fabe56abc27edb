"""tls under contract. It takes no secret."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.parts.certificates import Pair
from tests.parts.httpserver import HttpServer
from tests.probes.contract.entry import Entry, OwnPlace, Place, Stage


def _serving(label: str) -> OwnPlace:
    @contextmanager
    def place(stage: Stage) -> Iterator[str]:
        pair: Pair = getattr(stage.certificates, label)
        with HttpServer(pair) as server:
            yield f"localhost:{server.port}"

    return place


def _settings(place: Place) -> dict[str, Any]:
    missing = str(place.stage.directory / "missing.pem")
    return {
        "address": place.address,
        "ca_file": missing if place.name == "no-ca-file" else str(place.stage.certificates.authority),
    }


ENTRY = Entry(
    kind="tls",
    settings=_settings,
    says={
        "well": "up",
        "refused": "down refused",
        "hang": "down timeout",
        "garbage": "down tls",
        "closed": "down reset",
        "expired": "down tls",
        "wrong-name": "down tls",
        "self-signed": "down tls",
        "no-ca-file": "unknown config",
    },
    places={
        "well": _serving("good"),
        "wrong-name": _serving("wrong_name"),
        "self-signed": _serving("self_signed"),
        "no-ca-file": _serving("good"),
    },
)
