"""The keys of `detect = { kind = "ratio", … }`, and the names of its measurements."""

from __future__ import annotations

from watchtower.detectors.anomaly.settings import Budget
from watchtower.fields import Duration, Field, Settings
from watchtower.model import Fact, Facts, Unit


class RatioSettings(Settings):
    """What a team may declare about a ratio of two counts; every key is optional."""

    part: str = Field(default="part", description="The measurement that is counted, such as errors.")
    whole: str = Field(
        default="whole", description="The measurement of which it is a part, such as requests."
    )
    usual: float | None = Field(
        default=None, gt=0, description="The usual ratio, until it has been learnt, such as 0.97."
    )
    false_alarms: Budget = Field(
        default=30 * 86400.0, description="How often chance alone may look like another ratio."
    )
    window: Duration = Field(
        default=300.0,
        ge=60.0,
        le=3600.0,
        description="What `ratio.value`, `ratio.low` and `ratio.high` look at.",
    )


FACTS: Facts = {
    "ratio.value": Fact.number(
        "part / whole over `window`; while it is shorter, since it has fallen or risen", Unit.RATIO
    ),
    "ratio.low": Fact.number(
        "nine times in ten the true ratio is above this: few counts say little", Unit.RATIO
    ),
    "ratio.high": Fact.number("and below this", Unit.RATIO),
    "ratio.usual": Fact.number("the learnt ratio, or `usual`", Unit.RATIO),
    "ratio.fallen": Fact.bool("lower than usual over 1 to 60 minutes, and that is no chance"),
    "ratio.risen": Fact.bool("higher than usual over 1 to 60 minutes, and that is no chance"),
    "ratio.missing": Fact.number("how much of the part is missing since it has fallen"),
    "ratio.onset": Fact.number("when it began to be another one", Unit.INSTANT),
    "ratio.known": Fact.bool("there is enough history, or a declaration, to say"),
}
