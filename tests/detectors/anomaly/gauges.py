"""Gauges that are polled, and what the detector says of them. What looks random is a fixed function of the row."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

from watchtower.detectors.anomaly import Anomaly
from watchtower.model import Observation, Outcome, Reading, Value

START = 1_700_006_400.0  # midnight UTC
EVERY = 300.0
DAY_ROWS = 288

Facts = Mapping[str, Value]


def settings(**keys: Any) -> Anomaly.Settings:
    """As from TOML: durations as text."""
    return Anomaly.Settings.model_validate(keys)


def detector(every: float = EVERY, **keys: Any) -> Anomaly:
    return Anomaly(settings(**keys), every)


def observation(row: int, value: Value, outcome: str = "up", name: str = "latency") -> Observation:
    return Observation("gauge", START + row * EVERY, Reading(Outcome(outcome), {name: value}))


def feed(watching: Anomaly, values: Iterable[Value], first: int = 0) -> list[Facts]:
    return [watching.update(observation(first + i, value)) for i, value in enumerate(values)]


def restarted(watching: Anomaly, every: float = EVERY, **keys: Any) -> Anomaly:
    """As the store does it: the state goes through JSON into a new detector."""
    out = detector(every, **keys)
    out.restore(json.loads(json.dumps(watching.state())))
    return out


def noise(row: int) -> float:
    """Between -1 and 1, evenly, the same each time."""
    return math.fmod(abs(math.sin(row * 12.9898) * 43758.5453), 1.0) * 2 - 1


def steady(rows: int, first: int = 0) -> list[float]:
    return [0.2 + 0.01 * noise(row) for row in range(first, first + rows)]


def daily(rows: int, first: int = 0) -> list[float]:
    """A busy hour each day at noon, which is five times the rest."""
    return [
        (1.0 if 144 <= row % DAY_ROWS < 156 else 0.2) + 0.01 * noise(row)
        for row in range(first, first + rows)
    ]


def claims(facts: Iterable[Facts]) -> list[int]:
    """Rows at which something is said to be wrong."""
    return [row for row, said in enumerate(facts) if said["anomaly.high"] or said["anomaly.low"]]
