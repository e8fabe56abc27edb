"""push under contract: nobody pushes here."""

from __future__ import annotations

from typing import Any

from tests.probes.contract.entry import Entry, Place


def _settings(_place: Place) -> dict[str, Any]:
    return {"absent": "zero", "stale_after": "5m"}


ENTRY = Entry(kind="push", settings=_settings, says={"refused": "unknown never_seen"})
