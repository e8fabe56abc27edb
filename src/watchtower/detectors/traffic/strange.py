"""Too little or too much over five minutes; and when to believe that this is how it is from now on.

While it is strange, nothing is learnt, and a silence is judged by what came lately: half of the usual traffic
goes silent more easily, twice as much less.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan, nan

from watchtower.detectors.traffic.model import FlowModel
from watchtower.detectors.traffic.spread import anomaly_score_of
from watchtower.detectors.traffic.window import FIVE, Window
from watchtower.model import Instant

_PATIENCE = 3600.0
"""After so long of too much or too little the new level is believed."""
_STUTTER = 1.0 / 3.0
"""Less than this of what is expected is no lower level but an outage that stutters."""


class Strange:
    """`way` is -1 while too little comes, 1 while too much does; `missing` are the requests it has cost.

    `share` is what came of what was expected, `weight` the requests that say so.
    """

    __slots__ = ("_next", "missing", "share", "since", "way", "weight")

    def __init__(self) -> None:
        self.way = 0
        self.since: Instant | None = None
        self.missing = 0.0
        self.share, self.weight = 1.0, 0.0
        self._next = 0.0

    def judge(self, at: Instant, window: Window, model: FlowModel, limit: float, lost: float) -> None:
        """Evaluates the last five minutes; `lost` is expected - requests of the last poll."""
        seconds, requests, expected = window.whole()
        dispersion = model.burst.dispersion
        if (
            expected > 0.0
            and anomaly_score_of(requests, expected, dispersion, model.drift_slow.variance) >= limit
        ):
            self.since = at if self.since is None else self.since
            self.way = -1 if requests < expected else 1
            self.missing = max(0.0, self.missing + lost) if self.way < 0 else 0.0
            share = requests / expected
            self.share, self.weight = (share, requests) if share >= _STUTTER else (1.0, 0.0)
            return
        if self.since is not None:
            model.level.drop()
            self.end()
        if seconds >= FIVE and at >= self._next:
            self._next = at + FIVE
            model.drift_slow.learn(requests, expected, dispersion)

    def lasts(self, at: Instant) -> bool:
        """Whether it has lasted for so long that it is the new usual rate."""
        return self.since is not None and at - self.since >= _PATIENCE

    def end(self) -> None:
        self.way, self.since, self.missing, self.share, self.weight = 0, None, 0.0, 1.0, 0.0

    def state(self) -> list[float]:
        since = nan if self.since is None else self.since
        return [self.way, since, self.missing, self.share, self.weight, self._next]

    def restore(self, state: Sequence[float]) -> None:
        way, since, self.missing, self.share, self.weight, self._next = state
        self.way, self.since = int(way), None if isnan(since) else since
