"""Table 3: what a poll of a flow costs in time and memory."""

from __future__ import annotations

import gc
import json
import time
import tracemalloc
from dataclasses import dataclass

import numpy as np

from benchmarks.detection.feed import detector
from benchmarks.detection.trace import Floats
from watchtower.model import Observation, Outcome, Reading

FLOWS = 10_000
_POLLS = 6


@dataclass(frozen=True)
class Cost:
    """µs of processor time a flow and poll, one flow after the other and 10,000 in turn; bytes a flow."""

    hot: float
    fleet: float
    state_json: int
    memory: int


def measure(rate: Floats) -> Cost:
    """One core: processor time, so that a busy machine does not count."""
    requests = np.random.default_rng(1).poisson(rate[:60_480] * 10.0).astype(float).tolist()
    one = detector()
    polls = [
        Observation("flow", 8e8 + 10.0 * n, Reading(Outcome.UP, {"requests": r}, covers=10.0))
        for n, r in enumerate(requests)
    ]
    began = time.process_time()
    for poll in polls:
        one.update(poll)
    hot = (time.process_time() - began) / len(polls) * 1e6
    state = json.dumps(one.state(), separators=(",", ":"))
    gc.collect()
    tracemalloc.start()
    fleet = []
    for _ in range(FLOWS):
        made = detector()
        made.restore(json.loads(state))
        fleet.append(made)
    gc.collect()
    memory = tracemalloc.get_traced_memory()[0] // FLOWS
    tracemalloc.stop()
    began = time.process_time()
    for n in range(_POLLS):
        at = polls[-1].at + 10.0 * (n + 1)
        for m, each in enumerate(fleet):
            each.update(Observation("flow", at, Reading(Outcome.UP, {"requests": requests[m]}, covers=10.0)))
    took = (time.process_time() - began) / (_POLLS * FLOWS) * 1e6
    return Cost(hot, took, len(state), memory)
