"""Sums of log lines: counts, money, distinct users and times, in bounded memory."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from decimal import Decimal

from watchtower.probes.log_lines import LoggedRequest

_MOST_USERS = 200_000
"""Distinct users remembered within one poll; there may be more, and `users` then is the least there were."""
_BUCKETS_PER_E = 50
"""Times are kept as counts in logarithmic buckets: a percentile is exact to 2 %, the memory is bounded."""


@dataclass(slots=True)
class Tally:
    """The sums of the new lines of one series."""

    requests: int = 0
    errors: int = 0
    amount: Decimal | None = None
    garbled: bool = False
    """Some amount could not be read: their sum is not known."""
    seconds: float = 0.0
    timed: int = 0
    users: set[int] = field(default_factory=set)
    buckets: dict[int, int] = field(default_factory=dict)

    def add(self, entry: LoggedRequest, error: bool) -> None:
        self.requests += 1
        self.errors += error
        if entry.user and len(self.users) < _MOST_USERS:
            self.users.add(hash(entry.user))
        self.garbled = self.garbled or (entry.garbled and not error)
        if entry.amount is not None and not error:
            self.amount = (self.amount or Decimal()) + entry.amount
        if entry.latency is not None:
            self.seconds += entry.latency
            self.timed += 1
            bucket = math.ceil(math.log(max(entry.latency, 1e-9)) * _BUCKETS_PER_E)
            self.buckets[bucket] = self.buckets.get(bucket, 0) + 1

    def measurements(self, unit: float) -> dict[str, float]:
        """By name; `unit` is the seconds that one unit of the log's times is. What the log does not say is left out."""
        out = {"requests": float(self.requests), "errors": float(self.errors)}
        if self.users or not self.requests:  # a log that names nobody does not say that nobody came
            out["users"] = float(len(self.users))
        if self.amount is not None and not self.garbled:
            out["amount"] = float(self.amount)
        if self.timed:
            out["latency"] = self.seconds / self.timed * unit
            out["latency_p95"] = self._percentile(0.95) * unit
        return out

    def _percentile(self, share: float) -> float:
        wanted, seen = math.ceil(self.timed * share), 0
        for bucket in sorted(self.buckets):
            seen += self.buckets[bucket]
            if seen >= wanted:
                return math.exp(bucket / _BUCKETS_PER_E)
        return 0.0
