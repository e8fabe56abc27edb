"""The newest numbers of an incident, as its log has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from watchtower.core.impact.kinds import KINDS, ImpactEntered, ImpactMeasured, NewNormalAsked, NewNormalSaid
from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.payload import read
from watchtower.core.indicators import Indicators
from watchtower.model import Instant
from watchtower.values import Frozen, field, replace


class Impact(Frozen):
    """`indicators` is what was measured last; `manual` what people entered, by name, over what is measured."""

    indicators: Indicators | None = None
    manual: Mapping[str, Any] = field(default_factory=dict)
    reached: Mapping[str, float] = field(default_factory=dict)
    """The largest impact (0..1) that each flow ever had."""
    asked: bool = False
    """Whether people were asked if this is the new normal."""

    def after(self, entry: LogEntry) -> Impact:
        """New numbers, or one that a person knows better."""
        match read(entry, KINDS):
            case ImpactMeasured(indicators=found):
                now = {flow.flow: max(flow.impact, self.reached.get(flow.flow, 0.0)) for flow in found.flows}
                return replace(self, indicators=found, reached={**self.reached, **now})
            case ImpactEntered(name=name, value=value):
                return replace(self, manual={**self.manual, name: value})
            case NewNormalAsked():
                return replace(self, asked=True)
            case NewNormalSaid(flows=flows) if self.indicators is not None:
                return replace(self, indicators=_accepted(self.indicators, flows, entry.at))
        return self


def _accepted(found: Indicators, flows: Sequence[str], at: Instant) -> Indicators:
    """The numbers once a person said that what comes of these flows is the new normal: a restart goes on from there."""
    well = tuple(
        replace(flow, usual=None, impact=0.0, per_minute=0.0, back_since=at) if flow.flow in flows else flow
        for flow in found.flows
    )
    return replace(found, flows=well)


def write(indicators: Indicators) -> dict[str, Any]:
    """As plain JSON."""
    written: dict[str, Any] = msgspec.to_builtins(indicators)
    return written
