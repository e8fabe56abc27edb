"""Which checks a worker makes, and how what it measures travels.

A location has `SLOTS` shards. A check belongs to the one that its name's hash says, in each of its locations.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence

import msgspec

from watchtower.core.plan import Plan
from watchtower.core.plan.checks import Check
from watchtower.model import Instant, Observation, Outcome, Reading, Value
from watchtower.probes.registry import Registry

SLOTS = 256
KEPT = 60.0
"""Seconds for which a worker keeps what it could not send."""

Checks = Mapping[str, Check]

_Row = tuple[str, float, float, Outcome, dict[str, Value], str, str, str, float, dict[str, str]]
"""Check, at, duration, outcome, measurements, reason, detail, series, covers, labels."""
_NONE: Mapping[str, str] = {}
_rows = msgspec.json.Decoder(list[_Row])


def slot_of(check: str) -> int:
    return zlib.crc32(check.encode()) % SLOTS


def stays(check: Check, registry: Registry) -> str:
    """Why only the daemon that leads makes this check; empty where a worker may. A check that names its locations is made
    there, whatever it reads."""
    kind = registry.get(check.probe)
    if kind.of_daemon:
        return "what it measures is sent to the daemon"
    if check.locations:
        return ""
    if getattr(check.settings, "budget", None):
        return "its budget is counted in one place"
    return "" if check.network else "what it reads is on the daemon's machine"


def by_slot(plan: Plan, registry: Registry, location: str, *, home: bool) -> Sequence[dict[str, Check]]:
    """The checks that workers of this location make. `home`: those that name no location, too."""
    slots: Sequence[dict[str, Check]] = [{} for _ in range(SLOTS)]
    for name, check in plan.checks.items():
        if home and name == plan.watchdog.network:
            continue  # each machine asks for itself; the daemon's answer counts
        if check.made_at(location, home=home) and not stays(check, registry):
            slots[slot_of(name)][name] = check
    return slots


def body_of(observations: Sequence[Observation], ahead: float) -> str:
    """JSON. `ahead`: seconds by which the times are too late."""
    rows = [
        (
            one.check, one.at - ahead, one.duration, one.reading.outcome, one.reading.measurements, one.reading.reason,
            one.reading.detail, one.reading.series, one.reading.covers, one.reading.labels,
        )
        for one in observations
    ]  # fmt: skip
    return msgspec.json.encode(rows).decode()


def observations_of(
    body: str, location: str, behind: float, wanted: Checks, now: Instant
) -> list[Observation]:
    """Those of the checks that are wanted. `behind`: seconds by which the times are too early. Raises ValueError for a
    body that is none."""
    return [
        Observation(
            check.name, min(at + behind, now), Reading(outcome, measured, reason, detail, series, covers, labels or _NONE),
            took, location if check.locations else "",
        )
        for name, at, took, outcome, measured, reason, detail, series, covers, labels in _rows.decode(body)
        if (check := wanted.get(name))
    ]  # fmt: skip
