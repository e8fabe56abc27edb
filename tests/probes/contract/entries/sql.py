"""sql under contract."""

from __future__ import annotations

from typing import Any

from tests.probes.contract.entries import postgres
from tests.probes.contract.entry import TOKEN, Entry, Place
from tests.probes.contract.places import PLACES

_SCHEMES = {"mysql": "mysql", "clickhouse": "clickhouse+http"}
_FAR = {"refused": "refused", "hang": "timeout", "garbage": "garbage", "closed": "reset"}


def _settings(place: Place) -> dict[str, Any]:
    scheme = _SCHEMES.get(place.name.split()[0], "postgresql")
    return {
        "dsn": f"{scheme}://watchtower:{TOKEN}@{place.address}/postgres",
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
        **{f"mysql {place}": f"unknown {reason}" for place, reason in _FAR.items()},
        **{f"clickhouse {place}": f"unknown {reason}" for place, reason in _FAR.items()},
        "clickhouse garbage": "unknown protocol",
    },
    places={
        **{name: postgres.ENTRY.places[name] for name in ("well", "credentials")},
        **{f"{server} {place}": PLACES[place] for server in _SCHEMES for place in _FAR},
    },
)
