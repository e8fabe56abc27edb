"""An account that is polled, and what the detector says of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from watchtower.detectors.runway import Runway
from watchtower.model import Observation, Outcome, Reading, Value

DAY, HOUR = 86400.0, 3600.0
START = 1_700_006_400.0  # midnight UTC


def settings(**keys: Any) -> Runway.Settings:
    """As from TOML: durations as text."""
    return Runway.Settings.model_validate(keys)


class Account:
    """A detector, its clock and what is left. Polled each half hour unless said otherwise."""

    def __init__(self, left: float = 0.0, every: float = HOUR / 2, **keys: Any) -> None:
        self.left, self.every, self.at = left, every, START
        self.settings = settings(**keys)
        self.detector = Runway(self.settings, every)
        self.facts: Mapping[str, Value] = {}

    def poll(self, outcome: str = "up") -> Mapping[str, Value]:
        return self.see(self.left, outcome)

    def see(self, value: Value, outcome: str = "up") -> Mapping[str, Value]:
        reading = Reading(Outcome(outcome), {self.settings.measurement: value})
        self.facts = self.detector.update(Observation("account", self.at, reading))
        return self.facts

    def use(self, a_day: float, days: float) -> Mapping[str, Value]:
        """Use evenly for so long, polled at every interval."""
        for _ in range(round(days * DAY / self.every)):
            self.at += self.every
            self.left -= a_day * self.every / DAY
            self.poll()
        return self.facts

    def restart(self) -> None:
        """As the store does it: the state goes through JSON into a new detector."""
        state = json.loads(json.dumps(self.detector.state()))
        self.detector = Runway(self.settings, self.every)
        self.detector.restore(state)

    def number(self, fact: str) -> float:
        value = self.facts[f"runway.{fact}"]
        assert isinstance(value, float), f"{fact} is {value!r}"
        return value
