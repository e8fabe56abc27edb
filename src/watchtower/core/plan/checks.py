"""The configuration of checks, and the measurements that every check has."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from watchtower.core.plan.alert_series import AlertSeries
from watchtower.fields import Duration, Field, Table, Words, Written
from watchtower.model import Fact, Facts, Unit
from watchtower.names import Labels, Name

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


MeasureName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
"""What a check calls a number that it takes out of an answer."""


def free(names: Iterable[str], taken: Facts) -> None:
    """Raises ValueError where one of these names is that of a measurement that there is already."""
    for name in names:
        if name in taken or name in BASE_FACTS:
            raise ValueError(f'measure: "{name}" is measured already: choose another name')


REACH_FACTS: Facts = {
    "reach.unreachable": Fact.bool(
        "requests stopped, the service itself is well, and enough outside views fail"
    ),
    "reach.outside_failing": Fact.number(
        "outside views that fail, or see a certificate of another issuer than before"
    ),
    "reach.outside_total": Fact.number("outside views that the flow has"),
    "reach.inside_ok": Fact.bool("all inside views are up; not known where there is none"),
    "reach.because": Fact.string("the verdict as a sentence, in English"),
    "reach.because_zh": Fact.string("the verdict as a sentence, in Chinese"),
    "reach.intercepted": Fact.bool("somebody else answers for us, by what the outside views show"),
    "reach.evidence": Fact.string("what they show of it, in English"),
    "reach.evidence_zh": Fact.string("what they show of it, in Chinese"),
}
"""What the checks of a flow with outside views have besides."""


class Check(Table):
    """A probe pointed at a target on a schedule: the keys of every check, whatever its probe."""

    name: Name = Field(description="The check's name, unique over all files.")
    probe: str = Field(
        min_length=1, description="The kind of probe; it decides which further keys there are."
    )
    flow: str = Field(default="", description="The flow that this check measures.")
    flows: dict[str, str] = Field(default={}, description="Series -> flow, where one check measures several.")
    """`flow` is used for the others."""
    every: Annotated[float, Written(Annotated[Duration, Field(ge=0.1)] | None)] = Field(
        default=None, description="Time from one run to the next."
    )
    timeout: Annotated[float, Written(Annotated[Duration, Field(gt=0)] | None)] = Field(
        default=None, description="Longest that one run may take."
    )
    title: Words | None = Field(default=None, description="What people call this check.")
    labels: Labels = Field(
        default={}, description="Labels for rules to match, and that go along with alerts."
    )
    no_data_after: Annotated[float, Written(Annotated[Duration, Field(gt=0)] | None)] = Field(
        default=60.0,
        description="Without an answer for this long, the check has no data. Default: 3 × every, at least 60s.",
    )
    vendor: str = Field(
        default="",
        description="Whose health or balance it watches, as alibaba: pages about it go by another vendor.",
    )
    locations: tuple[Name, ...] = Field(
        default=(), min_length=1, description="From where it is made. Default: where the daemon is."
    )
    quorum: int = Field(
        default=0,
        ge=1,
        description="How many locations must see it down at once. Default: more than half of them.",
    )
    network: bool = Field(
        default=False,
        description="It is asked over this machine's network: unknown while that is cut. Default: by its address.",
    )
    detect: Annotated[Any, Written(dict[str, Any] | None)] = Field(
        default=None, description="Settings of the detector; `kind` chooses another, or none."
    )
    """In the plan the detector's own; None when the check has none."""
    detector: str = Field(default="", written=False)
    settings: Any = Field(default=None, written=False)
    """The probe's own."""
    facts: Facts = Field(default={}, written=False)
    """All names that a rule may use for this check."""
    source: str = Field(default="", written=False)
    """`checks/checkout.toml:12`, for people."""

    alerts: AlertSeries | None = Field(default=None, written=False)
    """Where its series are alerts of somebody else."""

    def made_at(self, location: str, *, home: bool) -> bool:
        """Whether this location makes the check; `home`: the daemon itself is there."""
        return location in self.locations if self.locations else home

    def flow_of(self, series: str) -> str:
        if self.alerts is not None and (found := self.alerts.flow_of(series)):
            return found
        return self.flows.get(series, self.flow)
