"""When each location last gave a sign of life: an observation of its, or word that workers of it live."""

from __future__ import annotations

from collections.abc import Mapping

from watchtower.core.locations.votes import fresh_for
from watchtower.core.plan import Plan
from watchtower.model import Instant

LOST = 15.0
"""Seconds without a sign of life after which a location is lost; longer where nobody says that its workers live, and
its checks are made seldom."""


class Heard:
    """All locations that checks name. Time in which nobody looked, as while the daemon was stopped, is no silence."""

    def __init__(self) -> None:
        self.lost: frozenset[str] = frozenset()
        self.workers: dict[str, tuple[str, ...]] = {}
        """The last that were known to live, by location."""
        self._since: dict[str, Instant] = {}
        self._alive: set[str] = set()
        self._known: set[str] = set()
        self._patience: Mapping[str, float] = {}
        self._looked: Instant | None = None
        self._watches = False
        """Whether anybody says anything of locations: a replay of samples does not."""

    def follow(self, plan: Plan, at: Instant) -> None:
        """The silence of a location that is new counts from here on."""
        self._since = {name: self._since.get(name, at) for name in plan.locations}
        self._alive &= self._since.keys()
        self.workers = {name: known for name, known in self.workers.items() if name in self._since}
        self.lost &= self._since.keys()
        seen: dict[str, float] = {}
        for check in plan.checks.values() if plan.locations else ():
            for name in check.locations:
                seen[name] = min(seen.get(name, fresh_for(check)), fresh_for(check))
        self._patience = seen

    def hear(self, location: str, at: Instant, workers: tuple[str, ...] = ()) -> None:
        """A sign of life; `workers` are those that live."""
        self._watches = True
        if location in self._since:
            self._since[location] = max(self._since[location], at)
            self._alive.add(location)
            if workers:
                self.workers[location] = workers

    def wait_for(self, location: str) -> None:
        """From now on the silence of every location counts, and whether workers of this one live is known."""
        self._watches = True
        self._known.add(location)

    def since(self, location: str) -> Instant:
        """When it was last heard of, or began to be waited for."""
        return self._since[location]

    def is_back(self, location: str) -> bool:
        """Whether it gave a sign of life since the start, and is not lost."""
        return location in self._alive and location not in self.lost

    def look(self, at: Instant) -> frozenset[str]:
        """Those that are new among the lost ones."""
        if self._looked is not None and at - self._looked >= LOST:
            self._since = dict.fromkeys(self._since, at)
        before, self._looked = self.lost, at
        self.lost = frozenset(
            name for name, since in self._since.items() if self._watches and at - since > self._waits(name)
        )
        return self.lost - before

    def shift(self, by: float) -> None:
        """The clock was set."""
        self._since = {name: since + by for name, since in self._since.items()}
        self._looked = None

    def _waits(self, name: str) -> float:
        return LOST if name in self._known else max(LOST, self._patience.get(name, LOST))
