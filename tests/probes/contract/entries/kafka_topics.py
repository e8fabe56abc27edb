"""kafka.topics under contract."""

from __future__ import annotations

from typing import Any

from tests.probes.contract.entries import kafka
from tests.probes.contract.entry import Entry, Place


def _settings(place: Place) -> dict[str, Any]:
    settings = kafka.ENTRY.settings(place)
    del settings["groups"]
    return settings


ENTRY = Entry(
    kind="kafka.topics",
    settings=_settings,
    says={
        "well": "up",
        "refused": "unknown refused",
        "hang": "unknown timeout",
        "garbage": "unknown reset",
        "closed": "unknown reset",
        "expired": "unknown tls",
    },
    places={"well": kafka.cluster},
    polls=2,
)
