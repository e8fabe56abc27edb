"""steps under contract: a first step that is well where there is one, and a second at the place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.parts.httpserver import Answer, HttpServer
from tests.probes.contract.entry import TOKEN, Entry, Place, Stage


@contextmanager
def _serving(*second: Answer) -> Iterator[str]:
    with HttpServer() as server:
        server.on("/login", Answer(200, json.dumps({"token": TOKEN}), {"Set-Cookie": f"session={TOKEN}"}))
        server.on("/pay", *second)
        server.on("/undo", Answer(204))
        yield f"127.0.0.1:{server.port}"


@contextmanager
def _well(_stage: Stage) -> Iterator[str]:
    with _serving(Answer.json({"paid": 3})) as address:
        yield address


@contextmanager
def _echo(_stage: Stage) -> Iterator[str]:
    """Says what was carried, where a careless probe would repeat it."""
    to = {"Location": f"https://u:{TOKEN}@127.0.0.1/{TOKEN}/x?key={TOKEN}"}
    with _serving(Answer(302, TOKEN, to)) as address:
        yield address


@contextmanager
def _lost(_stage: Stage) -> Iterator[str]:
    with _serving(Answer.json({"other": TOKEN})) as address:
        yield address


@contextmanager
def _credentials(_stage: Stage) -> Iterator[str]:
    with HttpServer() as server:
        server.on("/login", Answer(401, TOKEN))
        yield f"127.0.0.1:{server.port}"


def _settings(place: Place) -> dict[str, Any]:
    scheme = "https" if place.name == "expired" else "http"
    return {
        "url": f"{scheme}://u:{TOKEN}@{place.address}/?key={TOKEN}",
        "headers": {"X-Api-Key": TOKEN},
        "password": TOKEN,
        "ca_file": str(place.stage.certificates.authority),
        "budget": {"runs": 10, "orders": 10},
        "step": [
            {
                "name": "login",
                "method": "POST",
                "url": f"/login?key={TOKEN}",
                "body": json.dumps({"user": "u", "password": TOKEN}),
                "carry": {"token": {"json": "token"}},
            },
            {
                "name": "pay",
                "url": "/pay?id={{ token }}",
                "headers": {"Authorization": "Bearer {{ token }}"},
                "spends": {"orders": 1},
                "carry": {"paid": {"json": "paid"}},
            },
        ],
        "cleanup": [{"name": "undo", "url": "/undo/../undo", "body": "t={{ token }}"}],
    }


ENTRY = Entry(
    kind="steps",
    settings=_settings,
    says={
        "well": "up",
        "echo": "down status",
        "lost": "down carry",
        "credentials": "unknown credentials",
        "refused": "down refused",
        "hang": "down timeout",
        "garbage": "down protocol",
        "closed": "down reset",
        "expired": "down tls",
    },
    places={"well": _well, "echo": _echo, "lost": _lost, "credentials": _credentials},
)
