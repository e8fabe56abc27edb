"""What a loss would lead to at this hour, foreseen for one series after the other; and what is not seen yet, from when."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from math import inf
from typing import Any

from watchtower.core import explain_check
from watchtower.core.pipeline.engine import Engine
from watchtower.core.plan.checks import Check
from watchtower.core.sources import Series
from watchtower.core.usual_traffic import seen_from, twin_of
from watchtower.model import Instant
from watchtower.telemetry import Telemetry

LOSSES = 60.0
"""Seconds between two series: one takes some 20 ms of the loop."""
_MOST = 60
"""Series that are foreseen, those of core flows first: each anew every hour at least."""
_DATED = 6 * 3600.0
"""Seconds for which the day is kept from which on a loss will be seen: a week is played to find it, in a thread."""
_SHAPE, _KNOWN = 3.0, 40
"""Times by which the busiest half hour of a day exceeds the quietest, of so many that are known, where nights count."""


class Losses:
    """`known` holds what was foreseen last of each series."""

    def __init__(self, engine: Engine, telemetry: Telemetry) -> None:
        self._engine, self._telemetry = engine, telemetry
        self._round: list[Series] = []
        self.known: dict[Series, Sequence[explain_check.LossForeseen]] = {}
        self.without_zone: set[Series] = set()
        """Series whose traffic goes by the hours of the day, while nobody has said of which zone these are."""
        self._dated: dict[tuple[Series, float], tuple[Instant, Instant]] = {}
        """By series and share: when it was looked up, and the day."""

    async def look(self, at: Instant) -> None:
        """Foresees the next series."""
        if not self._round:
            self._round = self._next_round()
            self.known = {one: self.known[one] for one in self._round if one in self.known}
            self.without_zone &= set(self._round)
            self._dated = {key: day for key, day in self._dated.items() if key[0] in self.known}
        if self._round:
            series = self._round.pop(0)
            check = self._engine.plan.checks.get(series[0])
            if check is not None:
                found = explain_check.losses_of(
                    self._engine, check, series[1], at, (1.0, *explain_check.PARTIAL)
                )
                self.known[series] = explain_check.dated(found, lambda share: self._day(series, share))
                await self._date(check, series, at)
        self._telemetry.foreseen(self.known)

    def _day(self, series: Series, share: float) -> Instant | None:
        return self._dated.get((series, share), (0.0, None))[1]

    async def _date(self, check: Check, series: Series, at: Instant) -> None:
        """Looks up from when on the losses will be seen that are not, and whether a zone is missing."""
        detector = self._engine.detectors.look(check, series[1])
        if detector is None:
            return
        twin = twin_of(detector)
        if "zone" not in check.detect.model_fields_set and await asyncio.to_thread(_by_hours, twin, at):
            self.without_zone.add(series)
        else:
            self.without_zone.discard(series)
        for one in self.known[series] if explain_check.watches_losses(self._engine, check) else ():
            looked, day = self._dated.get((series, one.share), (-inf, 0.0))
            if not one.rule and not (looked <= at < min(looked + _DATED, day)):
                found = await asyncio.to_thread(seen_from, twin, at, one.share)
                self._dated[series, one.share] = at, inf if found is None else found
        self.known[series] = explain_check.dated(self.known[series], lambda share: self._day(series, share))

    def _next_round(self) -> list[Series]:
        return explain_check.counted_first(self._engine.plan, self._engine.detectors.series())[:_MOST]


def _by_hours(twin: Any, at: Instant) -> bool:
    """Whether the traffic of a Monday goes by its hours."""
    monday = [rate for rate in twin.view(at)["curve"]["usual_per_second"][:48] if rate is not None]
    return len(monday) >= _KNOWN and max(monday) > _SHAPE * min(monday)
