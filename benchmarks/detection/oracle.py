"""The oracle of a business scenario: a matched filter that is told all but the chance.

It knows the season, the level at the onset and how levels stray, the dispersion, and when an outage begins. It sums
what came since, and pages once so little has, by chance, a probability below one in the polls of 90 days.
"""

from __future__ import annotations

from math import exp, lgamma, log, log1p

import numpy as np

from benchmarks.detection.arrivals import MEMORY, Outage, Traffic

_BUDGET = 90 * 86400.0


def improbability(came: float, expected: float, variance: float) -> float:
    """-ln of the probability that so little came or less: Poisson, or a negative binomial where the variance is above
    the mean. The tail is summed as a geometric series, which is exact to a few per cent where it is thin."""
    if came >= expected or expected <= 0.0:
        return 0.0
    spread = max(variance / expected, 1.0)
    if spread < 1.0 + 1e-9:
        logarithm = came * log(expected) - expected - lgamma(came + 1.0)
        ratio = came / expected
    else:
        size, more = expected / (spread - 1.0), (spread - 1.0) / spread
        logarithm = (
            lgamma(came + size) - lgamma(size) - lgamma(came + 1.0) - size * log(spread) + came * log(more)
        )
        ratio = came / ((came - 1.0 + size) * more) if came else 0.0
    return max(0.0, log1p(-ratio) - logarithm) if ratio < 1.0 else 0.0


def delay(traffic: Traffic, outage: Outage) -> float | None:
    """Seconds from the beginning of this outage to the oracle's page; None where the outage ends before."""
    first, last = np.searchsorted(traffic.times, [outage.begin, outage.end], "right")
    if first == last:
        return None
    limit = log(_BUDGET / traffic.every)
    at_onset = float(traffic.drift[first])
    season = traffic.rate[first:last] / np.exp(traffic.drift[first:last] - traffic.strays**2 / 2.0)
    came = expected = 0.0
    for n in range(last - first):
        after = float(traffic.times[first + n]) - outage.begin
        left = exp(-after / MEMORY)
        came += float(traffic.requests[first + n])
        expected += float(season[n]) * exp(at_onset * left - (traffic.strays * left) ** 2 / 2.0)
        doubt = traffic.strays**2 * _of_the_mean(after)
        variance = max(traffic.dispersion, 1.0) * expected + doubt * expected**2
        if improbability(came, expected, variance) >= limit:
            return after
    return None


def _of_the_mean(seconds: float) -> float:
    """Variance of the mean of an Ornstein-Uhlenbeck process of variance 1 over this time, if its beginning is known."""
    u = seconds / MEMORY
    return (2.0 * u - 3.0 + 4.0 * exp(-u) - exp(-2.0 * u)) / u**2 if u > 1e-3 else 2.0 * u / 3.0
