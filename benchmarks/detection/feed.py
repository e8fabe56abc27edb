"""The detector, fed with counts."""

from __future__ import annotations

import json

from watchtower.detectors.traffic import Traffic
from watchtower.model import Observation, Outcome, Reading


def detector(every: float = 10.0, zone: str = "America/New_York", false_pages: str = "1 per 90d") -> Traffic:
    return Traffic(Traffic.Settings.model_validate({"zone": zone, "false_pages": false_pages}), every)


def silent(traffic: Traffic, at: float, requests: float, every: float) -> bool:
    """Whether it is silent after this poll."""
    reading = Reading(Outcome.UP, {"requests": requests}, covers=every)
    return bool(traffic.update(Observation("flow", at, reading))["traffic.silent"])


def twin(traffic: Traffic) -> Traffic:
    """The same detector, written to JSON and read back, as after a restart."""
    other = Traffic(traffic.settings, traffic.every)
    other.restore(json.loads(json.dumps(traffic.state())))
    return other
