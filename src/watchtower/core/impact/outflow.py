"""Money that goes out of a flow: what exceeds the upper bound of what is expected, while that is no chance, is lost."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping

from watchtower.model import Instant, Value
from watchtower.values import Mutable, field

_LATELY = 300.0
"""Seconds of excess that may precede the moment in which it is certain to be no chance."""


class Outflow(Mutable):
    """`lost` in what the flow counts, payments of the usual amount. `waiting`: what exceeded the bound lately, poll by
    poll, while that may still be chance."""

    lost: float = 0.0
    surges: bool = False
    waiting: deque[tuple[Instant, float]] = field(default_factory=deque)

    def see(self, facts: Mapping[str, Value], at: Instant, seconds: float) -> Iterator[tuple[Instant, float]]:
        """One poll that covers so many seconds: when how much was lost by then. Nothing where nobody could measure."""
        rate, bound = facts.get("traffic.rate"), facts.get("traffic.expected_high")
        if not isinstance(rate, float) or not isinstance(bound, float):
            return
        self.surges = facts.get("traffic.surge") is True
        if rate > bound:
            self.waiting.append((at, (rate - bound) * seconds))
        elif not self.surges:
            self.waiting.clear()
        while self.waiting and (self.surges or self.waiting[0][0] <= at - _LATELY):
            when, more = self.waiting.popleft()
            if self.surges:
                self.lost += more
                yield when, self.lost
        yield at, self.lost
