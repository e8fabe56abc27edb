"""How long a prepaid balance, a quota, a certificate or a domain lasts, less the time it takes to recharge.

What cannot be read is not known. It is never taken for zero, nor for plenty.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal, TypeGuard

from watchtower.detectors.contract import Detector, DetectorSettings
from watchtower.detectors.runway.burn import DAY, Burn, BurnMeter
from watchtower.detectors.runway.thresholds import NO_THRESHOLD, Thresholds
from watchtower.fields import Duration, Field
from watchtower.model import Fact, Facts, Instant, Observation, Outcome, Unit, Value

_LONGEST_WINDOW = 28 * DAY
_COURSE = 400
"""Moments of the days that are left, at which its end is played out."""
_RENEWED = 0.5
"""Days. A certificate whose days left grow by more was renewed; by less, a clock was set."""


class Runway(Detector):
    """Days left = what is left / what is used a day - lead time; or the days measured - lead time.

    `down` says nothing against the measurement: an expired certificate is down and has its days.
    """

    kind: ClassVar[str] = "runway"
    version: ClassVar[int] = 2
    facts: ClassVar[Facts] = {
        "runway.days_left": Fact.number(
            "days until it is used up or ends, less `lead_time`; never below 0, at most 3650", Unit.DAYS
        ),
        "runway.days_low": Fact.number("the same if as much is used as days past make likely", Unit.DAYS),
        "runway.days_high": Fact.number("the same if as little is used", Unit.DAYS),
        "runway.burn_per_day": Fact.number(
            "use per day: the greatest of the mean over `window`, the last day, and the day ahead a week ago",
            Unit.MONEY,
        ),
        "runway.known": Fact.bool("it could be read, and there is enough history to say"),
        "runway.topped_up": Fact.bool("it has grown since the observation before: topped up, or renewed"),
        "runway.exhausted": Fact.bool("nothing is left"),
        "runway.step": Fact.number(
            "the threshold of `thresholds` that is reached, in days: 0 at the end, 3650 while there is none",
            Unit.DAYS,
        ),
    }

    class Settings(DetectorSettings):
        window: Duration = Field(
            default=3 * DAY, gt=0, le=_LONGEST_WINDOW, description="How far back use is averaged."
        )
        known_after: Duration = Field(
            default=DAY / 4, gt=0, description="History needed before days left are given."
        )
        measurement: str = Field(default="balance", description="The measurement that runs out.")
        mode: Literal["burn", "expiry"] | None = Field(
            default=None,
            description="burn: an amount that is used up. expiry: the measurement is itself days left."
            " Default: expiry for a measurement whose name ends with days_left.",
        )
        lead_time: Duration = Field(
            default=0.0, ge=0, description="What it takes to recharge or renew; taken off the days left."
        )
        thresholds: Annotated[
            list[Annotated[float, Field(gt=0, lt=NO_THRESHOLD)]],
            Field(max_length=12),
        ] = Field(
            default=[30.0, 14.0, 7.0, 3.0, 1.0], description="Days left at which to warn; 0 is always one."
        )

        @property
        def expires(self) -> bool:
            """Whether the measurement is itself days left."""
            return (self.mode or ("expiry" if self.measurement.endswith("days_left") else "burn")) == "expiry"

    def __init__(self, settings: Any, every: float) -> None:
        super().__init__(settings, every)
        self._last: tuple[Instant, float] | None = None
        self._meter = BurnMeter(settings.window, every)
        self._thresholds = Thresholds(settings.thresholds)

    def update(self, observation: Observation) -> Mapping[str, Value]:
        value = observation.reading.measurements.get(self.settings.measurement)
        if observation.reading.outcome is Outcome.UNKNOWN or not _is_number(value):
            return {**dict.fromkeys(self.facts), "runway.known": False}
        left, at = float(value), observation.at
        topped_up = self._take_up(at, left)
        burn = None if self.settings.expires else self._meter.burn(at, self.settings.known_after)
        days = self._days(left, burn)
        return {
            "runway.days_low": days[0] if days else None,
            "runway.days_left": days[1] if days else None,
            "runway.days_high": days[2] if days else None,
            "runway.burn_per_day": burn.point if burn else None,
            "runway.known": days is not None,
            "runway.topped_up": topped_up,
            "runway.exhausted": left <= 0,
            "runway.step": self._thresholds.reach(days[1], topped_up) if days else None,
        }

    def _take_up(self, at: Instant, left: float) -> bool:
        """Learns from this measurement. Returns whether it grew since the one before."""
        before, self._last = self._last, (at, left)
        if before is None:
            return False
        since, had = before
        if self.settings.expires:
            return left - had > _RENEWED
        # Nothing is used of what has run out: that says nothing on what will be used.
        if left < had or (left == had and had > 0):
            self._meter.fell(since, at, had - left)
        return left > had

    def _days(self, left: float, burn: Burn | None) -> tuple[float, float, float] | None:
        """The least, the likely and the most days."""
        if left <= 0:
            return 0.0, 0.0, 0.0
        if self.settings.expires:
            return self._less_lead(left), self._less_lead(left), self._less_lead(left)
        if burn is None:
            return None
        looks = _lasts(left, burn.point)
        least, most = burn.bounds(looks)
        return (
            self._less_lead(_lasts(left, max(burn.point, most))),
            self._less_lead(looks),
            self._less_lead(_lasts(left, min(burn.point, least))),
        )

    def _less_lead(self, days: float) -> float:
        lead: float = self.settings.lead_time
        return max(0.0, days - lead / DAY)

    def view(self, at: Instant) -> Mapping[str, Any]:
        """What is left, the use per day, the days left, and when each threshold is reached."""
        if self._last is None:
            return {"known": False}
        since, left = self._last
        burn = None if self.settings.expires else self._meter.burn(since, self.settings.known_after)
        days = self._days(left, burn)
        uses = burn is not None and left > 0
        least, most = burn.bounds(_lasts(left, burn.point)) if burn is not None and uses else (None, None)
        return {
            "known": days is not None,
            "measurement": self.settings.measurement,
            "mode": "expiry" if self.settings.expires else "burn",
            "left": left,
            "measured_at": since,
            "lead_time_seconds": self.settings.lead_time,
            "burn_per_day": burn.point if burn else None,
            # The point errs on the high side, so it may lie above what days past make likely.
            "burn_low": min(least, burn.point) if burn is not None and least is not None else None,
            "burn_high": max(most, burn.point) if burn is not None and most is not None else None,
            "days_of_history": burn.days if burn else None,
            **dict(zip(("days_low", "days_left", "days_high"), days or (None,) * 3, strict=True)),
            "threshold_days": self._thresholds.step if self._thresholds.step < NO_THRESHOLD else None,
            "thresholds": [] if days is None else self._thresholds.ahead(since, days),
            "use_by_day": [] if self.settings.expires else self._meter.by_day(since),
        }

    def course(self, at: Instant) -> Iterator[tuple[Instant, Mapping[str, Value]]]:
        """Plays the expected use until the end, without a top-up."""
        if self._last is None:
            return
        since, left = self._last
        burn = None if self.settings.expires else self._meter.burn(since, self.settings.known_after)
        days = self._days(left, burn)
        if days is None:
            return
        reached = Thresholds(self.settings.thresholds)
        reached.step = self._thresholds.step
        lasts = days[1] + self.settings.lead_time / DAY
        per_day = 1.0 if burn is None else burn.point
        thresholds = (days[1] - threshold for threshold in self.settings.thresholds if threshold < days[1])
        ahead = sorted({*(lasts * n / _COURSE for n in range(_COURSE + 1)), *thresholds})
        for passed in ahead:
            then = since + passed * DAY
            if then < at:
                continue
            low, now, high = (max(0.0, one - passed) for one in days)
            rest = max(0.0, left - per_day * passed)
            yield (
                then,
                {
                    self.settings.measurement: rest,
                    "runway.days_low": low,
                    "runway.days_left": now,
                    "runway.days_high": high,
                    "runway.burn_per_day": None if burn is None else burn.point,
                    "runway.known": True,
                    "runway.topped_up": False,
                    "runway.exhausted": rest <= 0,
                    "runway.step": reached.reach(now, False),
                },
            )

    def state(self) -> Mapping[str, Any]:
        step, buckets = self._thresholds.step, self._meter.state()
        return {"version": self.version, "last": self._last, "step": step, "buckets": buckets}

    def restore(self, state: Mapping[str, Any]) -> None:
        if state.get("version") == self.version:
            last = state["last"]
            self._last = (float(last[0]), float(last[1])) if last else None
            self._thresholds.step = float(state["step"])
            self._meter.restore(state["buckets"])


def _is_number(value: Value) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _lasts(left: float, burn: float) -> float:
    """Days, at most ten years: that is as good as for ever, and finite."""
    return min(NO_THRESHOLD, left / burn) if burn > 0 else NO_THRESHOLD
