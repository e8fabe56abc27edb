"""Incidents with another worst severity in two backtests: what would have been P0 last month?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from watchtower.replay.records import Record
from watchtower.replay.summary import IncidentSummary, summarise


@dataclass(frozen=True, slots=True)
class Graded:
    """One incident that both have, with another worst severity."""

    old: IncidentSummary
    new: IncidentSummary


def graded(old: Iterable[Record], new: Iterable[Record]) -> list[Graded]:
    """The incidents whose severity the matrix set in one of the two; for fixed severities the alerts show it."""
    left = list(summarise(old).incidents.values())
    out = []
    for after in summarise(new).incidents.values():
        before = next((one for one in left if one.title == after.title and _overlap(one, after)), None)
        if before is None:
            continue
        left.remove(before)
        if before.severity != after.severity and (before.explanation or after.explanation):
            out.append(Graded(before, after))
    return out


def _overlap(one: IncidentSummary, other: IncidentSummary) -> bool:
    return (one.resolved_at is None or other.opened_at <= one.resolved_at) and (
        other.resolved_at is None or one.opened_at <= other.resolved_at
    )
