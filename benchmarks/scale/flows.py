"""The flows that are watched: so many checks of so many series each, their rates, and detectors that know them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import pi, sin
from typing import Any

import numpy as np

from watchtower.detectors.traffic import Traffic
from watchtower.model import Observation, Outcome, Reading

EVERY = 10.0
SERIES = 500
"""Of one check: as many as a check may fan out into without declaring them."""
KINDS = 20
"""Rates that differ; the flows take them in turn."""
_DAYS, _COARSE, _FINE = 8.0, 120.0, 1200.0
"""Days learnt, by polls of so many seconds, and the last seconds by polls as they come."""
_DAY = 86400.0


@dataclass(frozen=True)
class Fleet:
    """`checks` of `series` flows each."""

    checks: int
    series: int = SERIES

    @property
    def flows(self) -> int:
        return self.checks * self.series

    def check(self, n: int) -> str:
        return f"service-{n:03d}"

    def flow(self, n: int, m: int) -> str:
        return f"merchant-{n:03d}-{m:04d}"


def kind(check: int, series: int) -> int:
    return (check * SERIES + series) % KINDS


def rate(kind: int, at: float) -> float:
    """Requests per second: from twelve a minute to four a second, with a day's wave."""
    mean = 0.2 * 20.0 ** (kind / (KINDS - 1))
    return float(mean * (1.0 + 0.6 * sin(2.0 * pi * (at / _DAY + kind / KINDS))))


def learnt(kind: int, end: float) -> Mapping[str, Any]:
    """The state of a detector that has seen such a flow for eight days up to `end`, as it comes out of a store."""
    traffic, rng = Traffic(Traffic.Settings(), EVERY), np.random.default_rng(kind)
    at = end - _DAYS * _DAY
    while at < end - EVERY / 2:
        covers = _COARSE if at < end - _FINE - _COARSE else EVERY
        at += covers
        requests = float(rng.poisson(rate(kind, at - covers / 2.0) * covers))
        traffic.update(Observation("", at, Reading(Outcome.UP, {"requests": requests}, covers=covers)))
    state: Mapping[str, Any] = json.loads(json.dumps(traffic.state()))
    return state


def states(fleet: Fleet, end: float) -> dict[tuple[str, str], Mapping[str, Any]]:
    """By check and series, as a store has them."""
    by_kind = [json.dumps(learnt(k, end)) for k in range(KINDS)]
    return {
        (fleet.check(n), fleet.flow(n, m)): json.loads(by_kind[kind(n, m)])
        for n in range(fleet.checks)
        for m in range(fleet.series)
    }
