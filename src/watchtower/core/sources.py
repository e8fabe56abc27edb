"""Which series measure a flow, and which a check has: found by name, since there may be ten thousand of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from watchtower.core.plan.checks import Check
from watchtower.model import Observation, Outcome, Reading
from watchtower.values import replace

SERIES_BOUND = 1000
"""Series of one check that are followed; what comes beyond them is told as no data, not silently dropped."""
Series = tuple[str, str]
"""A check's name and one of its series (empty where it has one only)."""


class Sources:
    """Every series that is followed, by its flow and by its check."""

    def __init__(self) -> None:
        self._of_flow: dict[str, dict[Series, None]] = {}
        self._of_check: dict[str, tuple[Series] | dict[Series, None]] = {}

    def add(self, series: Series, check: Check | None) -> None:
        """One more; of one that is known already nothing changes."""
        if check is not None and (flow := check.flow_of(series[1])):
            self._of_flow.setdefault(flow, {})[series] = None
        known = self._of_check.get(series[0])
        if isinstance(known, dict):
            known[series] = None
        elif known is None or series in known:
            self._of_check[series[0]] = (series,)  # of most checks the only one: a dict takes 180 bytes more
        else:
            self._of_check[series[0]] = dict.fromkeys((*known, series))

    def drop(self, series: Series, check: Check | None) -> None:
        """It is no more."""
        if check is not None:
            self._of_flow.get(check.flow_of(series[1]), {}).pop(series, None)
        known = self._of_check.get(series[0], ())
        if isinstance(known, dict):
            known.pop(series, None)
        elif series in known:
            del self._of_check[series[0]]

    def bounded(self, observation: Observation) -> Observation:
        """The observation; one of a series too many becomes the check's own, as unknown."""
        check, series = observation.check, observation.reading.series
        known = self._of_check.get(check, ())
        if not series or (check, series) in known or len(known) < SERIES_BOUND:
            return observation
        detail = f"it gives more than {SERIES_BOUND} series"
        return replace(observation, reading=Reading(Outcome.UNKNOWN, reason="too_many_series", detail=detail))

    def of_flow(self, flow: str) -> Iterable[Series]:
        return self._of_flow.get(flow, ())

    def of_check(self, check: str) -> Collection[Series]:
        return self._of_check.get(check, ())
