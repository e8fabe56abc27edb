"""A flow to watch: counts by poll, as a person would tell them."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterable, Mapping
from typing import Any

from watchtower.detectors.traffic import Traffic
from watchtower.model import Observation, Outcome, Reading, Value

START = 1_700_006_400.0
"""A Wednesday, 00:00 UTC."""
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0


class Flow:
    """Polls a detector every ten seconds, or as told."""

    def __init__(self, every: float = 10.0, **settings: Any) -> None:
        self.every = every
        self.detector = Traffic(Traffic.Settings.model_validate(settings), every)
        self.at = START
        self.facts: Mapping[str, Value] = {}

    def poll(self, requests: float | None, covers: float | None = None, **more: float) -> Mapping[str, Value]:
        """One poll; None: it could not measure."""
        seconds = self.every if covers is None else covers
        self.at += seconds
        if requests is None:
            reading = Reading(Outcome.UNKNOWN, reason="timeout")
        else:
            reading = Reading(Outcome.UP, {"requests": float(requests), **more}, covers=seconds)
        self.facts = self.detector.update(Observation("flow", self.at, reading))
        return self.facts

    def polls(self, counts: Iterable[float | None]) -> list[Mapping[str, Value]]:
        return [self.poll(count) for count in counts]

    def learn(self, days: float, rate: float = 1.0, seed: int = 1, swing: float = 0.0) -> Flow:
        """So many days of Poisson requests; `swing` 0.8 makes nights a ninth of the days. Before the last two hours it polls
        by the minute at most: what a week teaches is the same, and a sixth of the work."""
        dice, end = random.Random(seed), self.at + round(days * DAY / self.every) * self.every
        while self.at < end:
            covers = max(self.every, MINUTE) if end - self.at > 2 * HOUR else self.every
            turn = math.sin(2 * math.pi * (self.at % DAY) / DAY)
            self.poll(poisson(dice, rate * (1 + swing * turn) * covers), covers)
        return self

    def silent_after(self, most: int = 10_000) -> float:
        """Seconds of measured zeros until it is called silent."""
        for n in range(most):
            if self.poll(0)["traffic.silent"]:
                return (n + 1) * self.every
        raise AssertionError("never silent")

    def restart(self) -> None:
        """As the daemon does: the state goes through JSON."""
        state = json.loads(json.dumps(self.detector.state()))
        self.detector = Traffic(self.detector.settings, self.every)
        self.detector.restore(state)


def poisson(dice: random.Random, mean: float) -> float:
    """One draw, exact for small means and by the normal distribution for large ones."""
    if mean > 50.0:
        return float(max(0, round(dice.gauss(mean, math.sqrt(mean)))))
    limit, count, product = math.exp(-mean), 0, dice.random()
    while product > limit:
        count += 1
        product *= dice.random()
    return float(count)
