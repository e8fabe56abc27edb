"""derive under contract: no other check has counted anything."""

from __future__ import annotations

from typing import Any

from tests.probes.contract.entry import Entry, Place


def _settings(_place: Place) -> dict[str, Any]:
    return {"part": "paid.requests", "whole": "attempts.requests"}


ENTRY = Entry(kind="derive", settings=_settings, says={"refused": "unknown absent"})
