"""redis.counters under contract."""

from __future__ import annotations

from typing import Any

from tests.probes.contract.entries import redis
from tests.probes.contract.entry import Entry, Place


def _settings(place: Place) -> dict[str, Any]:
    settings = redis.ENTRY.settings(place)
    del settings["info"]
    return {**settings, "requests": "orders"}


ENTRY = Entry(
    kind="redis.counters",
    settings=_settings,
    says={
        "well": "unknown absent",
        "credentials": "unknown credentials",
        "refused": "unknown refused",
        "hang": "unknown timeout",
        "garbage": "unknown garbage",
        "closed": "unknown reset",
        "expired": "unknown tls",
    },
    places=redis.ENTRY.places,
)
