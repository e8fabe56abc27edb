"""`reconcile` compares what two checks measure that must agree: orders paid with the ledger, the ledger with a partner's
file."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from typing import Any, ClassVar

from watchtower.fields import Duration, Field
from watchtower.model import Fact, Facts, Reading, Unit
from watchtower.probes.contract import Probe, Services, Target, unknown, up
from watchtower.probes.derive import CountsOfChecks, counted_by

_MOST = 10_000
"""Polls that are remembered."""


class Reconcile(Probe):
    """A difference counts once it has lasted: what is under way, or comes late, differs at every moment."""

    kind = "reconcile"
    of_daemon = True
    facts: ClassVar[Facts] = {
        "left": Fact.number("the sum of `left`", Unit.MONEY),
        "right": Fact.number("the sum of `right`", Unit.MONEY),
        "difference": Fact.number("left - right now", Unit.MONEY),
        "unexplained": Fact.number(
            "the least that they differed by throughout `lateness`; 0 within the tolerance", Unit.MONEY
        ),
        "differs_seconds": Fact.number("for how long they have differed beyond the tolerance", Unit.SECONDS),
    }
    every = "1m"

    class Settings(Probe.Settings):
        left: CountsOfChecks = Field(
            description="Measurements of other checks, such as orders.value; several are added up."
        )
        right: CountsOfChecks = Field(description="What must be the same, such as ledger.value.")
        tolerance: float = Field(default=0.0, ge=0, description="A difference up to this is none.")
        tolerance_ratio: float = Field(
            default=0.0, ge=0, lt=1, description="Neither is one up to this share of the larger side."
        )
        lateness: Duration = Field(
            default=600.0, ge=0, description="How long one side may be behind: a difference counts after it."
        )

    def __init__(self, settings: Any, target: Target) -> None:
        super().__init__(settings, target)
        self._sides = [[counted_by(text) for text in side] for side in (settings.left, settings.right)]
        self._seen: deque[tuple[float, float]] = deque(maxlen=_MOST)
        """When and by how much, since they differ in one direction; the oldest is as old as `lateness`."""

    async def open(self, services: Services) -> None:
        await super().open(services)
        for source in (*self._sides[0], *self._sides[1]):
            services.counts.follow(source.check)

    async def probe(self) -> Reading:
        return self.compare(time.time())

    def compare(self, now: float) -> Reading:
        """What is known of the two at this time."""
        counts, missing = self.services.counts, list[str]()
        sums = [0.0, 0.0]
        for side, sources in enumerate(self._sides):
            for source in sources:
                value = counts.value(source.check, source.measurement, source.series)
                if value is None:
                    missing.append(str(source))
                else:
                    sums[side] += value
        if missing:
            return unknown("absent", f"not known: {', '.join(missing)}")
        left, right = sums
        lasting, unexplained = self._lasting(left - right, self._allowed(sums), now)
        return up(
            left=left, right=right, difference=left - right, unexplained=unexplained, differs_seconds=lasting
        )

    def _allowed(self, sums: Sequence[float]) -> float:
        return float(self.settings.tolerance + self.settings.tolerance_ratio * max(map(abs, sums)))

    def _lasting(self, difference: float, allowed: float, now: float) -> tuple[float, float]:
        """For how long they differ, and the least of it throughout `lateness`. It is kept over a restart since when."""
        note = self.services.kept.of(self.target.check)
        if abs(difference) <= allowed:
            since = None
        elif self._seen and (self._seen[-1][1] > 0) != (difference > 0):
            since = now  # the other direction is another cause
        else:
            since = note.get("since", now)
        if since != note.get("since"):
            self._seen.clear()
            note["since"] = since
            self.services.kept.changed()
        if since is None:
            return 0.0, 0.0
        self._seen.append((now, difference))
        while self._seen[0][0] < now - self.settings.lateness:
            self._seen.popleft()
        lasting = max(0.0, now - since)
        least = min(abs(one) for _, one in self._seen)
        return lasting, least if lasting >= self.settings.lateness else 0.0
