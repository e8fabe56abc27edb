"""sql under contract."""

from __future__ import annotations

from typing import Any

from tests.probes.contract.entries import postgres
from tests.probes.contract.entry import TOKEN, Entry, Place


def _settings(place: Place) -> dict[str, Any]:
    return {
        "dsn": f"postgresql://watchtower:{TOKEN}@{place.address}/postgres",
        "query": "SELECT 3 AS requests WHERE :since < :until",
    }


ENTRY = Entry(
    kind="sql",
    settings=_settings,
    says={
        "well": "up",
        "credentials": "unknown credentials",
        "refused": "unknown refused",
        "hang": "unknown timeout",
        "garbage": "unknown garbage",
        "closed": "unknown reset",
    },
    places={name: postgres.ENTRY.places[name] for name in ("well", "credentials")},
)
