"""grpc under contract."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.parts.conditions import started
from tests.parts.grpc_health import GrpcHealth
from tests.probes.contract.entry import TOKEN, Entry, Place, Stage


@contextmanager
def _well(stage: Stage) -> Iterator[str]:
    with started(GrpcHealth(stage.certificates.good)) as part:
        yield part.address


def _settings(place: Place) -> dict[str, Any]:
    tls = {"tls": True, "ca_file": str(place.stage.certificates.authority)}
    return {
        "address": place.address,
        "metadata": {"authorization": f"Bearer {TOKEN}"},
        **(tls if place.name in ("well", "expired") else {}),
    }


ENTRY = Entry(
    kind="grpc",
    settings=_settings,
    says={
        "well": "up",
        "refused": "down refused",
        "hang": "down timeout",
        "garbage": "down protocol",
        "closed": "down reset",
        "expired": "down tls",
    },
    places={"well": _well},
)
