"""What a loss would lead to at this hour, foreseen for one series after the other."""

from __future__ import annotations

from collections.abc import Sequence

from watchtower.core.explain_check import PARTIAL, LossForeseen, losses_of
from watchtower.core.pipeline.engine import Engine
from watchtower.core.sources import Series
from watchtower.model import Instant, Tier
from watchtower.telemetry import Telemetry

LOSSES = 60.0
"""Seconds between two series: one takes some 20 ms of the loop."""
_MOST = 60
"""Series that are foreseen, those of core flows first: each anew every hour at least."""
_TIERS = list(Tier)


class Losses:
    """`known` holds what was foreseen last of each series."""

    def __init__(self, engine: Engine, telemetry: Telemetry) -> None:
        self._engine, self._telemetry = engine, telemetry
        self._round: list[Series] = []
        self.known: dict[Series, Sequence[LossForeseen]] = {}

    def look(self, at: Instant) -> None:
        """Foresees the next series."""
        if not self._round:
            self._round = self._next_round()
            self.known = {one: self.known[one] for one in self._round if one in self.known}
        if self._round:
            series = self._round.pop(0)
            check = self._engine.plan.checks.get(series[0])
            if check is not None:
                self.known[series] = losses_of(self._engine, check, series[1], at, (1.0, *PARTIAL))
        self._telemetry.foreseen(self.known)

    def _next_round(self) -> list[Series]:
        plan = self._engine.plan
        there = [
            one
            for one in self._engine.detectors.series()
            if one[0] in plan.checks and "traffic.low" in plan.checks[one[0]].facts
        ]

        def rank(series: Series) -> tuple[int, Series]:
            flow = plan.flows.get(plan.checks[series[0]].flow_of(series[1]))
            return _TIERS.index(flow.tier) if flow else len(_TIERS), series

        return sorted(there, key=rank)[:_MOST]
