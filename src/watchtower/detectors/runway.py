"""How long a prepaid balance or quota lasts: what is left, divided by what is used.

Use is measured from falls only: a top-up is a step up and no negative use.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from watchtower.detectors.contract import Detector, DetectorSettings
from watchtower.fields import Duration
from watchtower.model import Fact, Facts, Instant, Observation, Outcome, Unit, Value

_DAY = 86400.0
_BUCKET = 3600.0


class Runway(Detector):
    """Plain division over a window: days left = balance / (use in the window / its length)."""

    kind: ClassVar[str] = "runway"
    facts: ClassVar[Facts] = {
        "runway.days_left": Fact.number("days until the balance is used up at the present rate", Unit.DAYS),
        "runway.burn_per_day": Fact.number("use per day over the window", Unit.MONEY),
        "runway.known": Fact.bool("there is enough history to say"),
    }

    class Settings(DetectorSettings):
        window: Duration = Field(default=3 * _DAY, gt=0, description="How far back use is averaged.")
        known_after: Duration = Field(
            default=6 * _BUCKET, gt=0, description="History needed before days left are given."
        )
        measurement: str = Field(default="balance", description="The measurement that runs out.")

    def __init__(self, settings: Any, every: float) -> None:
        super().__init__(settings, every)
        self._last: tuple[Instant, float] | None = None
        self._buckets: dict[int, list[float]] = {}
        """Hour number -> [use, seconds measured]; bounded by the window."""

    def update(self, observation: Observation) -> Mapping[str, Value]:
        value = observation.reading.measurements.get(self.settings.measurement)
        if observation.reading.outcome is Outcome.UNKNOWN or not isinstance(value, float):
            return {"runway.days_left": None, "runway.burn_per_day": None, "runway.known": None}
        if self._last is not None and observation.at > self._last[0]:
            bucket = self._buckets.setdefault(int(observation.at // _BUCKET), [0.0, 0.0])
            bucket[0] += max(0.0, self._last[1] - value)
            bucket[1] += observation.at - self._last[0]
        self._last = (observation.at, value)
        oldest = int((observation.at - self.settings.window) // _BUCKET)
        self._buckets = {hour: use for hour, use in self._buckets.items() if hour >= oldest}
        return self._facts(value)

    def _facts(self, value: float) -> Mapping[str, Value]:
        used = sum(use for use, _ in self._buckets.values())
        measured = sum(seconds for _, seconds in self._buckets.values())
        if measured < self.settings.known_after:
            return {
                "runway.days_left": None if value > 0 else 0.0,
                "runway.burn_per_day": None,
                "runway.known": False,
            }
        burn = used / measured * _DAY
        left = 0.0 if value <= 0 else value / burn if burn > 0 else None
        return {"runway.days_left": left, "runway.burn_per_day": burn, "runway.known": True}

    def state(self) -> Mapping[str, Any]:
        buckets = [[hour, *use] for hour, use in self._buckets.items()]
        return {"version": self.version, "last": self._last, "buckets": buckets}

    def restore(self, state: Mapping[str, Any]) -> None:
        if state.get("version") == self.version:
            last = state["last"]
            self._last = (float(last[0]), float(last[1])) if last else None
            self._buckets = {int(hour): [use, seconds] for hour, use, seconds in state["buckets"]}
