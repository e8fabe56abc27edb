"""The configuration of checks, and the measurements that every check has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from watchtower.model import Fact, Facts, Text, Unit

BASE_FACTS: Facts = {
    "outcome": Fact.string("`up`, `down` or `unknown`"),
    "reason": Fact.string("one word on why it is not up: `timeout`, `refused`, `status`, ..."),
    "check": Fact.string("the check's name"),
    "probe": Fact.string("the check's probe kind"),
    "flow": Fact.string("the flow's name, empty when there is none"),
    "tier": Fact.string("the flow's tier: `core`, `supporting` or `peripheral`"),
    "series": Fact.string("which of the series of a check that fans out"),
    "duration": Fact.number("how long the probe ran", Unit.SECONDS),
}
"""What every check has, whatever its probe."""


REACH_FACTS: Facts = {
    "reach.unreachable": Fact.bool(
        "requests stopped, the service itself is well, and enough outside views fail"
    ),
    "reach.outside_failing": Fact.number("outside views that fail, or see another certificate than before"),
    "reach.outside_total": Fact.number("outside views that the flow has"),
    "reach.inside_ok": Fact.bool("all inside views are up; not known where there is none"),
    "reach.because": Fact.string("the verdict as a sentence, in English"),
    "reach.because_zh": Fact.string("the verdict as a sentence, in Chinese"),
}
"""What the checks of a flow with outside views have besides."""


@dataclass(frozen=True, slots=True)
class Check:
    """A probe pointed at a target on a schedule.

    `settings` are the probe's own, opaque here. `flows` maps a reading's series to its flow where one
    check measures several; `flow` is used for the others. `detector` and `detect` name the detector and
    its settings, None when the check has none. `facts` are all names that a rule may use for this check.
    """

    name: str
    probe: str
    every: float
    timeout: float
    settings: Any
    facts: Facts
    flow: str = ""
    flows: Mapping[str, str] = field(default_factory=dict)
    detector: str = ""
    detect: Any = None
    no_data_after: float = 60.0
    labels: Mapping[str, str] = field(default_factory=dict)
    title: Text | None = None
    source: str = ""
    """`checks/checkout.toml:12`, for people."""

    def flow_of(self, series: str) -> str:
        return self.flows.get(series, self.flow)
