"""kafka under contract: its good place is librdkafka's mock cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.parts.kafka import KafkaMock
from tests.probes.contract.entry import TOKEN, Entry, Place, Stage


@contextmanager
def cluster(_stage: Stage) -> Iterator[str]:
    with KafkaMock(brokers=1) as mock:
        mock.write("orders", 8)
        mock.commit("workers", "orders", 1)
        yield mock.servers[0]


def _settings(place: Place) -> dict[str, Any]:
    secret = {} if place.name == "well" else {"username": "watch", "password": TOKEN, "mechanism": "PLAIN"}
    tls = {"tls": True, "ca_file": str(place.stage.certificates.authority)} if place.name == "expired" else {}
    return {"servers": [place.address], "groups": ["workers"], "topics": ["orders"], **secret, **tls}


ENTRY = Entry(kind="kafka", settings=_settings, says={"well": "up"}, places={"well": cluster})
