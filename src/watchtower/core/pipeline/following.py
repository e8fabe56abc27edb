"""What is followed of each check of the plan: its series, so that their silence counts.

A plan may hold a hundred thousand checks. A new one is in force at once; what is followed of those that came, changed or went is
brought up to date a slice at a time by ticks, and of each check before its next sample.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from watchtower.core.pipeline.agenda import Agenda
from watchtower.core.pipeline.rounds import Turn
from watchtower.core.plan import Plan
from watchtower.core.plan.checks import Check
from watchtower.core.state import Series, State
from watchtower.model import Instant

AT_ONCE = 1000
"""Checks that are brought up to date together with the plan."""
_COST = 0.4
"""Of one check, in units of a `Turn`."""


class Following:
    """`sight` is when each series is looked at for its silence."""

    def __init__(self, state: State, sight: Agenda[Series]) -> None:
        self._state, self._sight = state, sight
        self._behind: dict[str, Check | None] = {}
        """Checks that are not up to date, and each as it was when it was; None: it is new."""
        self._order: Iterator[str] = iter(())
        """Names of theirs; it is gone through once, since a dict's first key is slow to find again and again."""

    def __len__(self) -> int:
        return len(self._behind)

    def take(self, old: Plan, new: Plan, at: Instant) -> None:
        """Brings up to date what alerts are about, and of the rest a slice."""
        before, stay = old.checks, 0
        for name, check in new.checks.items():
            was = before.get(name)
            stay += was is not None
            if was is not check:
                self._behind.setdefault(name, was)
        for name, gone in before.items() if stay < len(before) else ():
            if name not in new.checks:
                self._behind.setdefault(name, gone)
        for alert in self._state.alerts.values():
            self.look(alert.check, new, at)
        self._order = iter(list(self._behind))
        for name in islice(self._order, AT_ONCE):
            self.look(name, new, at)

    def go_on(self, plan: Plan, at: Instant, turn: Turn) -> None:
        while self._behind and not turn.over:
            turn.spend(_COST)
            self.look(next(self._order), plan, at)

    def look(self, name: str, plan: Plan, at: Instant) -> None:
        """Brings this check up to date, where it is not."""
        if name not in self._behind:
            return
        old, new, state = self._behind.pop(name), plan.checks.get(name), self._state
        there = tuple(state.sources.of_check(name))
        kept = there if old is None or _measures(old) == _measures(new) else ()
        declared = [(name, series) for series in (new.flows or ("",))] if new is not None else []
        for series in there:
            state.sources.drop(series, old)
            state.votes.keep(series, new)
            state.last_facts.pop(series, None)  # in the order of its facts as they were
            if series not in kept:
                del state.last_seen[series]
                if series not in declared:
                    state.last.pop(series, None)
        for series in dict.fromkeys((*declared, *kept)):
            self.add(series, new, at)  # also one of which nothing is ever heard, so that its silence counts

    def add(self, series: Series, check: Check | None, at: Instant) -> None:
        """Follows a series: from here on it fires when it has no data."""
        self._state.last_seen.setdefault(series, at)
        self._state.sources.add(series, check)
        self._sight.put(series, at)


def _measures(check: Check | None) -> object:
    """What gives a check its series; when that changes, series that nobody declared are not expected any more."""
    return None if check is None else (check.probe, check.settings, tuple(check.flows))
