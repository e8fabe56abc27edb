"""When too little began: the likeliest of the moments that a flow remembers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import log, sqrt

from watchtower.detectors.traffic.spread import anomaly_score_of
from watchtower.model import Instant

Since = tuple[float, float, float]
"""Seconds back from now, and the requests that came and should have come since; should is above zero."""
_PLAIN = 3.0
"""Nats by which what was measured before a time without measurements shows a loss."""
_LEAST, _MOST = 0.02, 0.9
"""Bounds of the share that still comes."""


def first_bad(
    at: Instant, seen: Sequence[Since], unseen: tuple[Instant, float], dispersion: float, strays: Callable[[float], float]
) -> tuple[Instant, float, float]:  # fmt: skip
    """The likeliest first bad moment. Also the requests that came since, and those that should have.

    `unseen`: when the last time without measurements ended, and its seconds. What was measured before it counts where it shows
    the same loss by itself: chance would date it into the time that nobody saw. `strays`: relative variance over so many
    seconds."""
    since = at - unseen[0]
    back, came, should = _likeliest(seen, dispersion, strays)
    if back <= since:
        return at - back, came, should
    later, some, usual = _likeliest([one for one in seen if one[0] <= since] or seen[:1], dispersion, strays)
    share = _share(some, usual)
    if (came - some) * log(share) + (should - usual) * (1.0 - share) < _PLAIN * dispersion:
        return max(unseen[0], at - later), some, usual
    return at - back - unseen[1], came, should


def _likeliest(seen: Sequence[Since], dispersion: float, strays: Callable[[float], float]) -> Since:
    """Where a share of the requests comes, that is likeliest to be so since the moment from which on `(1 - share) / -ln(share)`
    of the expected, less what came, is greatest. The share is that since the moment which chance and drift explain least, and
    one deviation more, because chance helped to make it so. A share that no evidence tells, such as a first guess, would count
    hours before a loss to it where the level is a tenth too high."""

    def plain(one: Since) -> float:
        back, came, should = one
        return anomaly_score_of(came, should, dispersion, strays(back)) if came < should else 0.0

    _, some, usual = max(seen, key=plain)
    share = _share(some + sqrt(dispersion * some), usual)
    loss = (1.0 - share) / -log(share)
    return max(seen, key=lambda one: loss * one[2] - one[1])


def _share(came: float, should: float) -> float:
    return min(max(came / should, _LEAST), _MOST)
