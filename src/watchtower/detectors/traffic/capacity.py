"""Whether a flow reaches what it is declared to carry, and when."""

from __future__ import annotations

from math import sqrt

from watchtower.detectors.traffic.window import MINUTE, Window

NEVER = 3650 * 86400.0
"""Ten years: no rise that would reach the capacity."""


def capacity(most: float | None, window: Window, dispersion: float) -> tuple[bool | None, float | None]:
    """Whether the last minute is over `most` a second, and seconds until it will be, by the trend.

    Where nothing rises it is never: a number, since what is not known would let no alert end.
    """
    if most is None:
        return None, None
    seconds, came, _ = window.minute
    if seconds <= 0.0:
        return None, None
    rate = came / seconds
    if rate >= most:
        return True, 0.0
    seconds5, came5, _ = window.five
    before = seconds5 - seconds
    if before < MINUTE:
        return False, None
    rise = rate - (came5 - came) / before
    noise = 3.0 * sqrt(dispersion * max(rate, 1.0 / seconds) / seconds)
    if rise <= noise:
        return False, NEVER
    return False, min(NEVER, (most - rate) * (seconds5 / 2.0) / rise)
