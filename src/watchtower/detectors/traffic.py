"""Zero-check for flow traffic: has nothing come for `zero_for`?

Only measured time counts as silence. A stretch in which we did not measure is *no data*: it adds
nothing, and it proves nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from watchtower.detectors.contract import Detector, DetectorSettings
from watchtower.fields import Duration
from watchtower.model import Fact, Facts, Instant, Observation, Outcome, Unit, Value


class Traffic(Detector):
    """Silent when measured zeros add up to `zero_for` since the last request."""

    kind: ClassVar[str] = "traffic"
    facts: ClassVar[Facts] = {
        "traffic.silent": Fact.bool("no request for at least `zero_for` of measured time"),
        "traffic.silent_for": Fact.number("measured time without a request", Unit.SECONDS),
        "traffic.onset": Fact.number("when the silence began", Unit.INSTANT),
        "traffic.rate": Fact.number("requests per second in the last poll", Unit.PER_SECOND),
        "traffic.known": Fact.bool("at least one request has been seen"),
    }

    class Settings(DetectorSettings):
        zero_for: Duration = Field(
            default=60.0, gt=0, description="How long nothing must come before it counts as silence."
        )

    def __init__(self, settings: Any, every: float) -> None:
        super().__init__(settings, every)
        self._silent_for = 0.0
        self._onset: Instant | None = None
        self._seen = False
        self._rate: float | None = None

    def update(self, observation: Observation) -> Mapping[str, Value]:
        requests = observation.reading.measurements.get("requests")
        if observation.reading.outcome is Outcome.UNKNOWN or not isinstance(requests, float):
            self._rate = None
            return self._facts()
        covers = observation.reading.covers or self.every
        self._rate = requests / covers
        if requests > 0:
            self._seen, self._silent_for, self._onset = True, 0.0, None
        else:
            self._silent_for += covers
            if self._onset is None:
                self._onset = observation.at - covers
        return self._facts()

    def _facts(self) -> Mapping[str, Value]:
        # A flow that was declared and measured but never seen is silent too: that is no smaller a fault.
        known = self._rate is not None
        return {
            "traffic.silent": self._silent_for >= self.settings.zero_for if known else None,
            "traffic.silent_for": self._silent_for if known else None,
            "traffic.onset": self._onset,
            "traffic.rate": self._rate,
            "traffic.known": self._seen,
        }

    def state(self) -> Mapping[str, Any]:
        return {
            "version": self.version,
            "silent_for": self._silent_for,
            "onset": self._onset,
            "seen": self._seen,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        if state.get("version") == self.version:
            self._silent_for = float(state["silent_for"])
            self._onset = state["onset"]
            self._seen = bool(state["seen"])
