"""The tables of `rules.toml`: what each may say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from watchtower.channels import traits
from watchtower.config.degrade_tables import DegradeTable
from watchtower.config.review_tables import ReviewTable
from watchtower.core.oncall.schedule import Schedule
from watchtower.core.plan.calendar import WorkCalendar
from watchtower.core.plan.canary import CanaryPolicy
from watchtower.core.plan.drills import Drill
from watchtower.core.plan.forward import ForwardPolicy
from watchtower.core.plan.incident import IncidentPolicy
from watchtower.core.plan.inhibition import Inhibition
from watchtower.core.plan.maintenance import Maintenance
from watchtower.core.plan.no_data import NoDataPolicy
from watchtower.core.plan.packs import Compliance
from watchtower.core.plan.paging import PagingPolicy, Responder
from watchtower.core.plan.roles import Role
from watchtower.core.plan.rules import Rule
from watchtower.core.plan.severity import SeverityPolicy
from watchtower.core.plan.sops import Sop
from watchtower.core.plan.storm import StormPolicy
from watchtower.core.plan.targets import Targets
from watchtower.core.plan.watchdog import WatchdogPolicy
from watchtower.declared import Declaring
from watchtower.fields import Field, Settings, Table, Words


class ProductTable(Settings):
    """What is watched: every page begins with its name."""

    name: Words = Field(description="The product's name, which every page begins with.")


def _with_addresses(table: type[Settings]) -> Any:
    """Returns the table with a key for each kind of channel: how this person is reached by it."""
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
    """`check-config` does not warn of these."""

    ignore: tuple[str, ...] = Field(
        default=(), description="Names of warnings, as check-config shows them in brackets."
    )


POLICIES: Mapping[str, type[Table]] = {
    "severity": SeverityPolicy,
    "no_data": NoDataPolicy,
    "review": ReviewTable,
    "incident": IncidentPolicy,
    "storm": StormPolicy,
    "watchdog": WatchdogPolicy,
    "canary": CanaryPolicy,
    "forward": ForwardPolicy,
}
"""Tables that the plan holds under the same name, as they are written."""
LISTS: Mapping[str, type[Table]] = {"maintenance": Maintenance, "inhibit": Inhibition}
"""Tables of which there may be many, and that the plan holds under the same name, in the order of the file."""


class RulesFile(Settings):
    """`rules.toml`: rules, people, and how people are notified."""

    include: tuple[str, ...] = Field(
        default=(), description="More rules files: paths relative to this one, with *."
    )
    product: ProductTable | None = None
    rule: tuple[Rule, ...] = ()
    sop: Mapping[str, Sop] = Field(default={}, description="Procedures by name.")
    degrade: Mapping[str, DegradeTable] = Field(default={}, description="Degradation plans by name.")
    drill: Mapping[str, Drill] = Field(default={}, description="Drills by name.")
    maintenance: tuple[Maintenance, ...] = Field(
        default=(), description="Windows in which pages are held back."
    )
    inhibit: tuple[Inhibition, ...] = Field(
        default=(), description="Alerts that hold back pages about others."
    )
    responder: tuple[ResponderTable, ...] = ()  # type: ignore[valid-type]
    role: Mapping[str, Role] = Field(default={}, description="Who fills a role.")
    schedule: Mapping[str, Schedule] = Field(default={}, description="Who is on call when.")
    paging: Mapping[Literal["P0", "P1", "P2", "P3", "P4"], PagingPolicy] = Field(
        default={}, description="Who is paged at each severity."
    )
    targets: Targets | None = None
    work_hours: WorkCalendar | None = None
    compliance: Compliance | None = None
    severity: SeverityPolicy | None = None
    no_data: NoDataPolicy | None = None
    review: ReviewTable | None = None
    incident: IncidentPolicy | None = None
    storm: StormPolicy | None = None
    watchdog: WatchdogPolicy | None = None
    canary: CanaryPolicy | None = None
    forward: ForwardPolicy | None = None
    lint: LintTable | None = None
    channel: Mapping[str, Any] = Field(default={}, description="The ways to reach people.")
