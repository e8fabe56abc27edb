"""What an observation costs, beside the simplest detector there is, fed the same rows in the same run."""

from __future__ import annotations

import json
import math
import time
from collections import deque

from benchmarks.nab.corpus import Series, detector, observations

_WINDOW = 100


def windowed_gaussian(values: list[float]) -> float:
    """The yardstick: mean and deviation of the last hundred, kept up as running sums; the sum of its scores."""
    window: deque[float] = deque()
    total = squares = scores = 0.0
    for value in values:
        if len(window) == _WINDOW:
            mean = total / _WINDOW
            deviation = math.sqrt(max(squares / _WINDOW - mean * mean, 1e-12))
            scores += math.erfc(abs(value - mean) / deviation / math.sqrt(2))
            old = window.popleft()
            total -= old
            squares -= old * old
        window.append(value)
        total += value
        squares += value * value
    return scores


def cost(corpus: list[Series]) -> str:
    """Microseconds an observation and their ratio to the yardstick's, and the largest state, in bytes of JSON."""
    rows = sum(len(series.values) for series in corpus)
    ours = theirs = 0.0
    largest = 0
    for series in corpus:
        seen, watching = observations(series), detector(series.every)
        begun = time.perf_counter()
        for observation in seen:
            watching.update(observation)
        ours += time.perf_counter() - begun
        begun = time.perf_counter()
        windowed_gaussian(series.values)
        theirs += time.perf_counter() - begun
        largest = max(largest, len(json.dumps(watching.state())))
    return (
        f"\n{ours / rows * 1e6:.1f} µs an observation, {ours / theirs:.1f} times a windowed Gaussian's "
        f"{theirs / rows * 1e6:.2f} µs; the state takes at most {largest} bytes"
    )
