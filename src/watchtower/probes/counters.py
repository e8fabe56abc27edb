"""Growth since the last scrape of counters that only grow until their process restarts. Pure: values and
times are arguments.

Pure: the caller says what it read and when. The rules, each a line of the tables in the tests:

- A series seen before counts its growth; one that shrank was reset and counts from 0, all of its value.
- A series not seen before counts from 0 too: born at 3 means 3 came. Only at the very first scrape is
  nothing known of before.
- A process that started anew resets every series, also one that has already outgrown its old value.
- A series that was gone for some scrapes and comes back counts from where it was.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Generic, TypeVar

from watchtower.values import Frozen

K = TypeVar("K", bound=Hashable)
_SAME_START = 1.0
"""Seconds by which exporters that compute their start time anew each time may be off."""


class AnotherProcess(Exception):
    """The scrape came from an older process than the one before: several answer at one address."""


class Growth(Frozen, Generic[K]):
    """How much each series present grew, and the seconds that this covers."""

    by_series: Mapping[K, float]
    covers: float


class Counters(Generic[K]):
    """The last value of each series, at most `limit` of them."""

    def __init__(self, limit: int = 20_000) -> None:
        self.limit = limit
        self._last: dict[K, float] = {}
        self._created: dict[K, float] = {}
        self._at: float | None = None
        self._started: float | None = None

    def take(
        self,
        values: Mapping[K, float],
        at: float,
        *,
        started: float | None = None,
        age: float | None = None,
        created: Mapping[K, float] | None = None,
    ) -> Growth[K] | None:
        """Growth since the last call; None at the first.

        `at`: seconds on any clock that does not jump. `started`: when the process began and `age` how long
        ago that is, in seconds; `created`: the same start for single series. Each None or missing when not known.
        Raises AnotherProcess, and then counts anew from this scrape.
        """
        begun, before = created or {}, self._at
        restarted = self._restarted(started)
        if restarted is None:
            self._forget()
            self._keep(values, begun, at, started)
            raise AnotherProcess
        growth = None
        if before is not None:
            last = {} if restarted else self._last
            grown = {key: self._grown(key, value, last, begun) for key, value in values.items()}
            covers = at - before
            if restarted and age is not None and 0 < age < covers:
                covers = age  # what came between the last scrape and the old process's end is lost
            growth = Growth(grown, covers)
        if restarted:
            self._forget()
        self._keep(values, begun, at, started)
        return growth

    def _restarted(self, started: float | None) -> bool | None:
        """Whether the process restarted; None when it is older than the last one."""
        if started is None or self._started is None or abs(started - self._started) <= _SAME_START:
            return False
        return True if started > self._started else None

    def _grown(self, key: K, value: float, last: Mapping[K, float], created: Mapping[K, float]) -> float:
        old, begun = last.get(key, 0.0), created.get(key)
        anew = begun is not None and key in self._created and begun > self._created[key]
        return value if value < old or anew else value - old

    def _keep(
        self, values: Mapping[K, float], created: Mapping[K, float], at: float, started: float | None
    ) -> None:
        self._last.update(values)
        self._created.update({key: begun for key, begun in created.items() if key in values})
        for key in list(self._last):
            if len(self._last) <= max(self.limit, len(values)):
                break
            if key not in values:  # the oldest of those that have gone
                del self._last[key]
                self._created.pop(key, None)
        self._at = at
        self._started = started if started is not None else self._started

    def _forget(self) -> None:
        self._last.clear()
        self._created.clear()
