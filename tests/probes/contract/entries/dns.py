"""dns under contract. It takes no secret."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.probes.contract.entry import Entry, Place, Stage
from tests.probes.health.nameserver import NameServer


@contextmanager
def _name_server(_stage: Stage) -> Iterator[str]:
    with NameServer({"good.example.": ["192.0.2.1"]}) as server:
        yield f"127.0.0.1:{server.port}"


@contextmanager
def _garbage(_stage: Stage) -> Iterator[str]:
    with NameServer({}, garbage=True) as server:
        yield f"127.0.0.1:{server.port}"


@contextmanager
def _silent(_stage: Stage) -> Iterator[str]:
    with NameServer({}, silent=True) as server:
        yield f"127.0.0.1:{server.port}"


def _settings(place: Place) -> dict[str, Any]:
    name = "missing.example" if place.name == "nxdomain" else "good.example"
    by_tcp = place.name in ("refused", "hang", "closed", "garbage-tcp")
    return {"domain": name, "servers": [place.address], "transport": "tcp" if by_tcp else "udp"}


ENTRY = Entry(
    kind="dns",
    settings=_settings,
    says={
        "well": "up",
        "nxdomain": "down nxdomain",
        "refused": "down refused",
        "hang": "down timeout",
        "closed": "down reset",
        "silent": "down timeout",
        "garbage": "down garbage",
    },
    places={"well": _name_server, "nxdomain": _name_server, "garbage": _garbage, "silent": _silent},
)
