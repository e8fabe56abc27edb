"""Keys of `[check.detect]` for traffic."""

from __future__ import annotations

import re
from typing import Annotated, Any

from watchtower.detectors.traffic.declarations import TimetableSettings
from watchtower.fields import BeforeValidator, Duration, Field, WithJsonSchema, parse_duration

_PER = re.compile(r"^([0-9]+(?:\.[0-9]+)?) per (\S+)$")


def _per(value: Any) -> float:
    found = _PER.match(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError('write how many in what time, such as "1 per 90d" or "30 per 1m"')
    span = parse_duration(found[2])
    if span <= 0.0 or float(found[1]) <= 0.0:
        raise ValueError("both the number and the time must be above zero")
    return float(found[1]) / span


Frequency = Annotated[
    float,
    BeforeValidator(_per),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^[0-9]+(\.[0-9]+)? per ([0-9]+(\.[0-9]+)?(ms|s|m|h|d|w))+$",
            "examples": ["1 per 90d", "30 per 1m"],
        }
    ),
]
"""So many a second, written as `"30 per 1m"`."""


class TrafficSettings(TimetableSettings):
    """What a team may declare about its traffic; every key is optional."""

    false_pages: Frequency | None = Field(
        default=None,
        description="How often chance alone may look like a silence. Default: 1 per 90d, unless zero_for stands alone.",
    )
    zero_for: Duration | None = Field(
        default=None,
        gt=0,
        description="A fixed rule: nothing for so long is silence. Alone it replaces the learnt one.",
    )
    expect_at_least: Frequency | None = Field(
        default=None, description="What must come before the flow has been learnt, such as 30 per 1m."
    )
    capacity: Frequency | None = Field(
        default=None, description="What the flow can carry, such as 6000 per 1m."
    )
