"""Which share of the requests that came failed. It is counted, so no bound against chance applies to it."""

from __future__ import annotations

from collections.abc import Mapping
from math import exp

from watchtower.model import Value
from watchtower.values import Mutable

_MINUTE = 60.0
_FEW = 20.0
"""It is judged by the last minute, or by so many requests where a minute has fewer ..."""
_MANY = 300.0
"""... and those of a flow that was back: a residue near a threshold is the tail of one outage."""
_LEAST = 5.0
"""Fewer requests say little of a share."""
_LONGEST = 900.0
"""Seconds after which a sparse flow's past counts little."""


class Failures(Mutable):
    """Of `few` requests that came last `failed` did; of `many`, since the flow was back, `failed_of_many`. Older
    ones count less."""

    few: float = 0.0
    failed: float = 0.0
    many: float = 0.0
    failed_of_many: float = 0.0

    def begin(self, facts: Mapping[str, Value]) -> None:
        """At the opening: the last poll, and the detector's five minutes where that has few requests."""
        requests = facts.get("requests")
        came = requests if isinstance(requests, float) else 0.0
        rest = max(0.0, _FEW - came)
        self.few = came + rest
        self.failed = came * failing(facts) + rest * _failing_lately(facts)

    def count(self, facts: Mapping[str, Value], came: float, seconds: float) -> float:
        """One poll of so many requests in so many seconds; the share (0..1) of them that failed."""
        share, by_time = failing(facts), exp(-seconds / _LONGEST)
        few = min(by_time, 1.0 - min(1.0, seconds / _MINUTE, came / _FEW))
        many = min(by_time, exp(-came / _MANY))
        self.few, self.failed = self.few * few + came, self.failed * few + came * share
        self.many = self.many * many + came
        self.failed_of_many = self.failed_of_many * many + came * share
        return share

    def share(self, *, was_back: bool) -> float:
        """0..1. Of a flow that was back it is smoothed, and small while few requests have come."""
        if was_back:
            return self.failed_of_many / max(self.many, _MANY)
        return self.failed / max(self.few, _LEAST)

    def settle(self) -> None:
        """The flow is back: what failed before is no news any more."""
        self.many = self.failed_of_many = 0.0


def failing(facts: Mapping[str, Value]) -> float:
    """The share (0..1) of the last poll's requests that failed; of five minutes' where only that is known."""
    requests, errors = facts.get("requests"), facts.get("errors")
    if isinstance(requests, float) and isinstance(errors, float):
        return min(1.0, max(0.0, errors / requests)) if requests > 0.0 else 0.0
    return _failing_lately(facts)


def _failing_lately(facts: Mapping[str, Value]) -> float:
    success = facts.get("traffic.success_ratio")
    return 1.0 - success if isinstance(success, float) else 0.0
