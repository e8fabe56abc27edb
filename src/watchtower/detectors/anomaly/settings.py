"""The keys of `detect = { kind = "anomaly", … }`, and the names of its measurements."""

from __future__ import annotations

import math
import re
from typing import Annotated, Any, Literal

from watchtower.detectors.contract import Detector
from watchtower.fields import (
    DURATION_PATTERN,
    BeforeValidator,
    Duration,
    Field,
    WithJsonSchema,
    parse_duration,
)
from watchtower.model import Fact, Facts, Unit

_BUDGET_PATTERN = r"^[0-9]+ per " + DURATION_PATTERN.removeprefix("^")


def _budget(value: Any) -> float:
    found = re.fullmatch(r"([0-9]+) per (.+)", value) if isinstance(value, str) else None
    times = int(found[1]) if found else 0
    if found is None or times < 1:
        raise ValueError('write how many and in what time, such as "1 per 30d"')
    seconds = parse_duration(found[2])
    if seconds <= 0:
        raise ValueError("the time must be above 0")
    return seconds / times


Budget = Annotated[
    float,
    BeforeValidator(_budget),
    WithJsonSchema({"type": "string", "pattern": _BUDGET_PATTERN, "examples": ["1 per 30d", "2 per 1w"]}),
]
"""Seconds from one false alarm to the next, written as `"1 per 30d"`."""

Seasonality = Literal["auto", "none", "daily", "weekly"]


class AnomalySettings(Detector.Settings):
    measurement: str | None = Field(
        default=None, description="The gauge to watch; the probe's first number where it is not given."
    )
    false_alarms: Budget = Field(
        default=30 * 86400.0,
        description="How often a gauge that is well may look this strange.",
    )
    seasonality: Seasonality = Field(
        default="auto",
        description="What repeats: daily, weekly, none, or auto: daily, with a weekly forecast where it is the better.",
    )
    min_history: Duration = Field(
        default=86400.0, gt=0, description="How much must have been measured before anything is claimed."
    )

    def needed(self, every: float) -> float:
        """The score (-log10 of a share of observations) at which the budget of false alarms is spent."""
        return max(1.0, math.log10(self.false_alarms / every))


FACTS: Facts = {
    "anomaly.score": Fact.number(
        "how strange the gauge is now, 0 to 1; 0.5 spends the budget of false alarms", Unit.RATIO
    ),
    "anomaly.news": Fact.number(
        "the score where it tops all of the last 150 observations, else 0", Unit.RATIO
    ),
    "anomaly.high": Fact.bool("strangely high, until it is half as strange"),
    "anomaly.low": Fact.bool("strangely low, until it is half as strange"),
    "anomaly.expected": Fact.number("where the gauge should be"),
    "anomaly.expected_low": Fact.number("as low as it may be within the budget of false alarms"),
    "anomaly.expected_high": Fact.number("as high as it may be within the budget of false alarms"),
    "anomaly.known": Fact.bool("there is enough history to say"),
}
