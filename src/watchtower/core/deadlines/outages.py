"""Outages of the last twelve months, for duties that add them up. Read back from the log's `deadlines.outage` lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from watchtower.core.entry import LogEntry
from watchtower.model import Instant

YEAR = 365 * 86400.0
KEPT = 366 * 86400.0
"""Seconds for which an outage is kept: a year, also a leap year."""


@dataclass(frozen=True, slots=True)
class Outage:
    """What one incident cost, once it was over. `flows` are minutes of any degradation by flow; `sums` are further
    indicators that add up over incidents of one cause."""

    incident: str
    start: Instant
    end: Instant
    flows: Mapping[str, float] = field(default_factory=dict)
    sums: Mapping[str, float] = field(default_factory=dict)
    cause: str = ""

    def data(self) -> dict[str, Any]:
        """As plain JSON, for the log."""
        return {
            "incident": self.incident, "start": self.start, "end": self.end, "flows": dict(self.flows),
            "sums": dict(self.sums), "cause": self.cause,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outages:
    """Outages by incident; a later line of the same incident replaces the earlier one."""

    by_incident: Mapping[str, Outage] = field(default_factory=dict)

    @classmethod
    def of(cls, entries: Iterable[LogEntry]) -> Outages:
        """From the log: entries of other kinds, and what cannot be read, are passed over."""
        found = [outage for entry in entries if (outage := outage_of(entry))]
        return cls({outage.incident: outage for outage in found})

    def plus(self, outage: Outage) -> Outages:
        """With one more; those that ended more than a year before it are dropped."""
        kept = {k: o for k, o in self.by_incident.items() if o.end >= outage.end - KEPT}
        return Outages({**kept, outage.incident: outage})

    def minutes(self, flow: str, since: Instant, but: str) -> float:
        """Minutes for which this flow was degraded in incidents that ended after `since`, without incident `but`;
        of one that began before `since` only its share."""
        total = 0.0
        for outage in self.by_incident.values():
            if outage.incident == but or outage.end <= since:
                continue
            share = (outage.end - max(outage.start, since)) / max(outage.end - outage.start, 1.0)
            total += outage.flows.get(flow, 0.0) * min(1.0, share)
        return total

    def of_cause(self, cause: str, since: Instant, but: str) -> list[Outage]:
        """Others of the same cause since then."""
        if not cause:
            return []
        return [
            o for o in self.by_incident.values() if o.cause == cause and o.end >= since and o.incident != but
        ]


def outage_of(entry: LogEntry) -> Outage | None:
    """The outage that this line tells of."""
    data = entry.data
    if entry.kind != "deadlines.outage":
        return None
    try:
        return Outage(
            str(data["incident"]),
            float(data["start"]),
            float(data["end"]),
            {str(k): float(v) for k, v in dict(data.get("flows", {})).items()},
            {str(k): float(v) for k, v in dict(data.get("sums", {})).items()},
            str(data.get("cause", "")),
        )
    except (KeyError, TypeError, ValueError):
        return None
