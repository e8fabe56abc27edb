"""The tables of `rules.toml`: what each may say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from watchtower.channels import traits
from watchtower.config.degrade_tables import DegradeTable
from watchtower.config.people_tables import ScheduleTable
from watchtower.config.target_tables import WorkHoursTable
from watchtower.core.plan.drills import Drill
from watchtower.core.plan.incident import IncidentPolicy
from watchtower.core.plan.no_data import NoDataPolicy
from watchtower.core.plan.packs import Compliance
from watchtower.core.plan.paging import PagingPolicy, Responder
from watchtower.core.plan.review import ReviewPolicy
from watchtower.core.plan.roles import Role
from watchtower.core.plan.severity import SeverityPolicy
from watchtower.core.plan.sops import Sop
from watchtower.core.plan.targets import Targets
from watchtower.declared import Declaring
from watchtower.fields import Duration, Field, Settings, Table, Words
from watchtower.model import Severity
from watchtower.names import FreeName, Globs, Labels


class ProductTable(Settings):
    """What is watched: every page begins with its name."""

    name: Words = Field(description="The product's name, which every page begins with.")


class MatchTable(Settings):
    """Which checks a rule is evaluated on. Every key that is given must fit; none given: all checks."""

    check: Globs | None = Field(default=None, description="Names of checks.")
    probe: Globs | None = Field(default=None, description="Kinds of probes.")
    flow: Globs | None = Field(default=None, description="Names of flows.")
    tier: Globs | None = Field(
        default=None, description="Tiers of the check's flow: core, supporting, peripheral."
    )
    labels: dict[str, Globs] = Field(default={}, description="Labels of the check, each with a pattern.")


class RuleTable(Settings):
    """When to fire, for how long it must hold, how bad it is, and what to say."""

    name: FreeName = Field(description="What people call this rule.")
    match: MatchTable = Field(
        description="Which checks it is evaluated on: check, probe, flow, tier, labels; {} for all."
    )
    when: str = Field(
        min_length=1, description='A CEL expression over the check\'s facts, such as "latency > 0.5".'
    )
    for_: Duration = Field(
        default=0.0, alias="for", ge=0, description="How long it must hold before it fires."
    )
    keep_firing_for: Duration = Field(
        default=0.0, ge=0, description="How long it must be well again before the alert is resolved."
    )
    severity: Literal["P0", "P1", "P2", "P3", "P4", "matrix"] = Field(
        description="P0 (worst) to P4; matrix: graded by [severity], from what the flow loses."
    )
    summary: Words | None = Field(
        default=None, description="What people read; {{ name }} inserts a measured value."
    )
    sop: str = Field(
        default="", description="The [sop.NAME] that the page points to, or one of ours, such as silent-flow."
    )
    labels: Labels = Field(default={}, description="Labels that go along with the alert.")
    escalate_after: Duration = Field(
        default=0.0,
        ge=0,
        description="Each alert wants acknowledging by itself, and is escalated so long after without; 0s: as others.",
    )

    @property
    def matrix(self) -> bool:
        return self.severity == "matrix"

    @property
    def levels(self) -> tuple[Severity, ...]:
        """The levels that its incidents can have."""
        return tuple(Severity) if self.matrix else (Severity(self.severity),)


def _with_addresses(table: type[Settings]) -> Any:
    """The table with a key for each kind of channel: how this person is reached by it."""
    keys: dict[str, Any] = {
        kind: Field(default=None, min_length=1, description=one.address) for kind, one in traits().items()
    }
    body = {
        "__annotations__": dict.fromkeys(keys, "str | None"),
        "__module__": __name__,
        "__doc__": table.__doc__,
    }
    return Declaring(table.__name__, (table,), {**body, **keys})


ResponderTable: type[Responder] = _with_addresses(Responder)
"""A responder with an address for each kind of channel."""


class LintTable(Settings):
    """What `check-config` should not warn of."""

    ignore: tuple[str, ...] = Field(
        default=(), description="Names of warnings, as check-config shows them in brackets."
    )


POLICIES: Mapping[str, type[Table]] = {
    "severity": SeverityPolicy,
    "no_data": NoDataPolicy,
    "review": ReviewPolicy,
    "incident": IncidentPolicy,
}
"""Tables that the plan holds under the same name, as they are written."""


class RulesFile(Settings):
    """`rules.toml`: rules, people, and how people are notified."""

    include: tuple[str, ...] = Field(
        default=(), description="More rules files: paths relative to this one, with *."
    )
    product: ProductTable | None = None
    rule: tuple[RuleTable, ...] = ()
    sop: Mapping[str, Sop] = Field(default={}, description="Procedures by name.")
    degrade: Mapping[str, DegradeTable] = Field(default={}, description="Degradation plans by name.")
    drill: Mapping[str, Drill] = Field(default={}, description="Drills by name.")
    responder: tuple[ResponderTable, ...] = ()  # type: ignore[valid-type]
    role: Mapping[str, Role] = Field(default={}, description="Who fills a role.")
    schedule: Mapping[str, ScheduleTable] = Field(default={}, description="Who is on call when.")
    paging: Mapping[Literal["P0", "P1", "P2", "P3", "P4"], PagingPolicy] = Field(
        default={}, description="Who is paged at each severity."
    )
    targets: Targets | None = None
    work_hours: WorkHoursTable | None = None
    compliance: Compliance | None = None
    severity: SeverityPolicy | None = None
    no_data: NoDataPolicy | None = None
    review: ReviewPolicy | None = None
    incident: IncidentPolicy | None = None
    lint: LintTable | None = None
    channel: Mapping[str, Any] = Field(default={}, description="The ways to reach people.")
