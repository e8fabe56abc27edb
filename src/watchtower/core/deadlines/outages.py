"""Outages of the last twelve months, for duties that add them up. Read back from the log's `deadlines.outage` lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from watchtower.core.deadlines.kinds import OutageCounted
from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.payload import read_as
from watchtower.model import Instant
from watchtower.values import Frozen, field

YEAR = 365 * 86400.0
KEPT = 366 * 86400.0
"""Seconds for which an outage is kept: a year, also a leap year."""


class Outages(Frozen):
    """Outages by incident; a later line of the same incident replaces the earlier one."""

    by_incident: Mapping[str, OutageCounted] = field(default_factory=dict)

    @classmethod
    def of(cls, entries: Iterable[LogEntry]) -> Outages:
        """From the log: entries of other kinds, and what cannot be read, are passed over."""
        found = [
            outage
            for entry in entries
            if entry.kind == OutageCounted.kind and (outage := read_as(entry, OutageCounted))
        ]
        return cls({outage.incident: outage for outage in found})

    def plus(self, outage: OutageCounted) -> Outages:
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

    def of_cause(self, cause: str, since: Instant, but: str) -> list[OutageCounted]:
        """Others of the same cause since then."""
        if not cause:
            return []
        return [
            o for o in self.by_incident.values() if o.cause == cause and o.end >= since and o.incident != but
        ]
