"""mongodb under contract: its good place is a stand-in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.parts.mongo import MongoStandIn
from tests.probes.contract.entry import TOKEN, Entry, Place, Stage


@contextmanager
def _well(_stage: Stage) -> Iterator[str]:
    with MongoStandIn() as server:
        yield f"{server.host}:{server.port}"


@contextmanager
def _credentials(_stage: Stage) -> Iterator[str]:
    refusal = {
        "ok": 0.0,
        "errmsg": f"Authentication failed for {TOKEN}.",
        "code": 18,
        "codeName": "AuthenticationFailed",
    }
    with MongoStandIn({"saslStart": refusal}) as server:
        yield f"{server.host}:{server.port}"


def _settings(place: Place) -> dict[str, Any]:
    user = "" if place.name == "well" else f"watch:{TOKEN}@"
    tls = "&tls=true" if place.name == "expired" else ""
    return {
        "url": f"mongodb://{user}{place.address}/?directConnection=true{tls}",
        "ca_file": str(place.stage.certificates.authority),
    }


ENTRY = Entry(
    kind="mongodb",
    settings=_settings,
    says={
        "well": "up",
        "credentials": "unknown credentials",
        "refused": "down refused",
        "hang": "down timeout",
        "garbage": "down garbage",
        "closed": "down reset",
        "expired": "down tls",
    },
    places={"well": _well, "credentials": _credentials},
)
