"""balance.alibaba under contract."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.parts.httpserver import Answer, HttpServer
from tests.probes.contract.entry import TOKEN, Entry, Place, Stage


@contextmanager
def _well(_stage: Stage) -> Iterator[str]:
    with HttpServer() as server:
        data = {"AvailableAmount": "1,828.72", "AvailableCashAmount": "1,828.72", "Currency": "CNY"}
        server.on("/", Answer.json({"Code": "200", "Success": True, "Data": data}))
        yield f"127.0.0.1:{server.port}"


@contextmanager
def _credentials(_stage: Stage) -> Iterator[str]:
    with HttpServer() as server:
        said = {"Code": "InvalidAccessKeyId.NotFound", "Message": f"no such key: {TOKEN}", "Success": False}
        server.on("/", Answer.json(said, 404))
        yield f"127.0.0.1:{server.port}"


def _settings(place: Place) -> dict[str, Any]:
    scheme = "https" if place.name == "expired" else "http"
    return {
        "access_key_id": f"LTAI{TOKEN}",
        "access_key_secret": TOKEN,
        "security_token": TOKEN,
        "endpoint": f"{scheme}://{place.address}",
    }


ENTRY = Entry(
    kind="balance.alibaba",
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
)
