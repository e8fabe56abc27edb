"""The state of a detector that knew half hours of working days and days off: what can be kept of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from watchtower.detectors.packed import unpack
from watchtower.detectors.traffic.habits import Habits
from watchtower.detectors.traffic.model import BLOCK, FlowModel
from watchtower.detectors.traffic.season import BIN, BINS, HALVES, PER_HALF
from watchtower.detectors.traffic.silence import Silence
from watchtower.model import Instant

VERSION = 3
_SEEN = 450.0
"""Seconds of a half hour that make it a visited one."""


def adopt(
    state: Mapping[str, Any], model: FlowModel, habits: Habits, silence: Silence
) -> tuple[float, Instant]:
    """Takes over what was learnt and the silence that is open. Returns the measured seconds, and the time of the last poll."""
    numbers = unpack("d", state["numbers"]).tolist()
    measured, _, at = numbers[:3]
    onset, share, dispersion, variance, seconds, missing, expected, usual, _, raw, anomaly_score = numbers[
        3:14
    ]
    silence.restore([
        onset, share, dispersion, variance, seconds, missing, expected, usual, raw, anomaly_score, False,
    ])  # fmt: skip
    requests, should = numbers[25:27]
    spread, rest = numbers[30:45], numbers[47:]
    ratio = requests / should if should > 0.0 else 0.0
    rate = _season(state, habits, slot=int(rest[1])) * ratio
    model.restore([
        *rest[7:9], BLOCK if should > 0.0 else 0.0, BLOCK, BLOCK / rate if rate > 0.0 else 0.0, 0.0, 0.0,
        *spread, *model.level.state(),
    ])  # fmt: skip
    if ratio > 0.0:
        model.level.believe(ratio, requests)
    return measured, at


def _season(state: Mapping[str, Any], habits: Habits, slot: int) -> float:
    """Requests per second that were usual in the half hour in force."""
    requests, seconds = (unpack("f", text) for text in state["season"][:2])
    season, openings = habits.season, habits.openings
    for half in range(HALVES):
        came, past = requests[half] + requests[half + HALVES], seconds[half] + seconds[half + HALVES]
        if past < _SEEN:
            continue
        for bin_ in range(half * PER_HALF, (half + 1) * PER_HALF):
            season.learn(bin_, came / PER_HALF, past / PER_HALF, kept=0.0)
        for row in range(7):
            kind = half + (HALVES if row > 4 else 0)
            if seconds[kind] < _SEEN or requests[kind] <= 0.0:
                continue
            season.learn_weekday(row, half, requests[kind], seconds[kind] * came / past)
            for bin_ in range(half * PER_HALF, (half + 1) * PER_HALF):
                openings.came(bin_, row, 0.0, BIN)
    pooled = season.pooled(slot % HALVES * (BINS // HALVES)) if slot >= 0 else None
    return pooled or 0.0
