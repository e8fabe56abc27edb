"""What the detector expects now and why it would page, for people who ask."""

from __future__ import annotations

from math import log
from typing import Any

from watchtower.detectors.traffic.model import FlowModel
from watchtower.detectors.traffic.silence import Silence
from watchtower.model import Instant

_LONGEST = 7 * 86400.0


def describe(model: FlowModel, at: Instant, budget: float, limit: float) -> dict[str, Any]:
    """Rates are per second; `surprise` is -log10 of a probability. Empty while nothing is known."""
    level = model.level
    if not level.known:
        return {}
    rate = model.usual() * level.ratio
    variance, dispersion = model.variance(at, rate), model.burst.dispersion
    return {
        "expected_per_second": rate,
        "usual_per_second": model.usual() if model.season.known else None,
        "level": level.ratio if model.season.known else None,
        "dispersion": dispersion,
        "drift": variance**0.5,
        "past_silences": list(model.tail.hazards),
        "false_pages_per_day": budget * 86400.0,
        "pages_at_surprise": limit / log(10.0),
        "pages_after_seconds": _pages_after(model, rate, dispersion, variance, limit),
        "requests_without_bursts_or_doubt": limit,
    }


def _pages_after(
    model: FlowModel, rate: float, dispersion: float, variance: float, limit: float
) -> float | None:
    """Seconds of silence at this rate; None where a week is not enough."""

    def enough(seconds: float) -> bool:
        silence = Silence()
        silence.open(0.0, dispersion, variance)
        silence.extend(seconds, rate * seconds, 0.0, 0.0, model.tail)
        return silence.surprise >= limit

    low, high = 0.0, _LONGEST
    if not enough(high):
        return None
    while high - low > 0.01 * high:
        middle = (low + high) / 2.0
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
