"""What comes next if nothing changes: the next threshold of the matrix, and in how long at the present rate."""

from __future__ import annotations

from collections.abc import Iterator

from watchtower.core.impact.meter import FACTOR
from watchtower.core.indicators import Indicators
from watchtower.core.scene import Scene
from watchtower.core.severity.indicator_texts import measured
from watchtower.model import Severity, Text
from watchtower.values import Frozen

_HORIZON = 7 * 24 * 60.0
"""Minutes beyond which nobody plans by this."""


class Ahead(Frozen):
    """`level` is reached by `indicator` at `threshold`, in `minutes`."""

    level: Severity
    indicator: str
    threshold: float
    minutes: float

    @property
    def at(self) -> Text:
        """`120 full minutes of outage`."""
        return measured(self.indicator, self.threshold)


def ahead(scene: Scene) -> Ahead | None:
    """The soonest; None where nothing grows, or the level does not follow the matrix."""
    found = scene.history.impact.indicators
    if found is None or not scene.incident.matrix or not found.bad:
        return None
    matrix = scene.plan.severity.matrix
    coming = [
        Ahead(level, name, threshold, (threshold - now) / slope)
        for name, now, slope in _growing(found)
        for level, threshold in matrix.row(name).items()
        if level.worse_than(scene.incident.severity) and threshold > now
    ]
    soon = [one for one in coming if one.minutes <= _HORIZON]
    return min(soon, key=lambda one: one.minutes, default=None)


def _growing(found: Indicators) -> Iterator[tuple[str, float, float]]:
    """Name, value now, growth per minute; only what is counted absolutely, for shares have a gate besides."""
    speed = max((flow.impact * FACTOR[flow.tier] for flow in found.flows), default=0.0)
    if speed > 0:
        yield "flow_minutes", found.flow_minutes, speed
    users, requests = found.affected_users, found.affected_requests
    more = sum(flow.per_minute for flow in found.flows)
    if users is not None and requests is not None and requests.point > 0 and more > 0:
        yield "affected_users", users.point, users.point / requests.point * more
    loss, projected = found.loss, found.loss_projected
    if loss is not None and projected is not None and projected.point > loss.point:
        yield "loss", float(loss.point), float(projected.point - loss.point) / 30.0
