"""The plan: the configuration files, validated and compiled. The engine knows nothing else of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field  # noqa: TID251 - not all fields are compared
from itertools import chain
from typing import Any

from watchtower.core.plan.budget import BudgetLimit
from watchtower.core.plan.by_check import ByCheck, by_check
from watchtower.core.plan.canary import CanaryPolicy
from watchtower.core.plan.channels import ChannelTraits
from watchtower.core.plan.checks import Check
from watchtower.core.plan.degrade import DegradePlan
from watchtower.core.plan.drills import Drill
from watchtower.core.plan.flows import Flow
from watchtower.core.plan.forward import ForwardPolicy
from watchtower.core.plan.incident import IncidentPolicy
from watchtower.core.plan.inhibition import Inhibition
from watchtower.core.plan.locations import Location
from watchtower.core.plan.maintenance import Maintenance
from watchtower.core.plan.no_data import NoDataPolicy
from watchtower.core.plan.paging import PagingPolicy, Responder
from watchtower.core.plan.review import ReviewPolicy
from watchtower.core.plan.roles import PeoplePolicy
from watchtower.core.plan.rules import Rule
from watchtower.core.plan.severity import SeverityPolicy
from watchtower.core.plan.sops import Sop
from watchtower.core.plan.storm import StormPolicy
from watchtower.core.plan.targets import DeadlinePolicy
from watchtower.core.plan.watchdog import WatchdogPolicy
from watchtower.model import ChannelName, Instant, Severity, Text


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything the engine needs, by name."""

    flows: Mapping[str, Flow] = field(default_factory=dict)
    checks: Mapping[str, Check] = field(default_factory=dict)
    locations: Mapping[str, Location] = field(default_factory=dict)
    """Those that checks name."""
    rules: Mapping[str, Rule] = field(default_factory=dict)
    responders: Mapping[str, Responder] = field(default_factory=dict)
    paging: Mapping[Severity, PagingPolicy] = field(default_factory=dict)
    people: PeoplePolicy = field(default_factory=PeoplePolicy)
    sops: Mapping[str, Sop] = field(default_factory=dict)
    no_data: NoDataPolicy = field(default_factory=NoDataPolicy)
    severity: SeverityPolicy = field(default_factory=SeverityPolicy)
    incident: IncidentPolicy = field(default_factory=IncidentPolicy)
    review: ReviewPolicy = field(default_factory=ReviewPolicy)
    storm: StormPolicy = field(default_factory=StormPolicy)
    watchdog: WatchdogPolicy = field(default_factory=WatchdogPolicy)
    deadlines: DeadlinePolicy = field(default_factory=DeadlinePolicy)
    degrade: Mapping[str, DegradePlan] = field(default_factory=dict)
    """Degradation plans."""
    drills: Mapping[str, Drill] = field(default_factory=dict)
    canary: CanaryPolicy = field(default_factory=CanaryPolicy)
    forward: ForwardPolicy = field(default_factory=ForwardPolicy)
    maintenance: tuple[Maintenance, ...] = ()
    inhibit: tuple[Inhibition, ...] = ()
    channels: Mapping[str, Any] = field(default_factory=dict)
    """Settings of each configured channel by name, as "sms" or "sms.cn"; opaque here."""
    kinds: Mapping[ChannelName, ChannelTraits] = field(default_factory=dict)
    """Every kind of channel that there is."""
    timetables: Mapping[str, Any] = field(default_factory=dict, compare=False)
    """Of the checks that declare when they are closed; opaque here."""
    product: Text = field(default_factory=lambda: Text("watchtower", "watchtower"))
    """The product's name, which every page begins with."""
    found: ByCheck | None = field(default=None, repr=False, compare=False)
    """What `by_check` found, of this plan or of the one of which this is a copy."""
    stood_on: frozenset[str] = field(init=False, repr=False, compare=False)
    """Everything on which some flow stands directly: asked for at each alert, so it is found once."""
    below: Mapping[str, frozenset[str]] = field(init=False, repr=False, compare=False)
    """Of each flow that stands on anything: all that it stands on, directly or not."""
    budgets: Mapping[ChannelName, Mapping[str, tuple[BudgetLimit, ...]]] = field(
        init=False, repr=False, compare=False
    )
    """Of each kind of channel that has any: the budget of each configured one, by name."""

    def __post_init__(self) -> None:
        stand = {name: flow.depends_on for name, flow in self.flows.items() if flow.depends_on}
        object.__setattr__(self, "stood_on", frozenset(chain.from_iterable(stand.values())))
        object.__setattr__(self, "below", {name: _below(stand, name) for name in stand})
        budgets: dict[ChannelName, dict[str, tuple[BudgetLimit, ...]]] = {}
        for name, settings in self.channels.items():
            if limits := getattr(settings, "budget", ()):
                budgets.setdefault(name.partition(".")[0], {})[name] = limits
        object.__setattr__(self, "budgets", budgets)

    def tier_of(self, flow: str) -> str:
        """Empty where there is no such flow."""
        return str(self.flows[flow].tier) if flow in self.flows else ""

    @property
    def depends(self) -> bool:
        """Whether any flow declares a dependency."""
        return bool(self.stood_on)

    @property
    def quiet(self) -> tuple[ChannelName, ...]:
        """Kinds of channels that do not ring."""
        return tuple(kind for kind, traits in self.kinds.items() if traits.quiet)

    def closed(self, check: str, at: Instant) -> bool:
        """Whether the check is declared closed at this time: then nobody misses what it does not measure."""
        timetable = self.timetables.get(check)
        return timetable is not None and timetable.declared(at).closed

    @property
    def by_check(self) -> ByCheck:
        """Found when it is first asked for; 150 ms for a hundred thousand checks."""
        found = self.found
        if found is None or found.checks is not self.checks or found.rules is not self.rules:
            found = by_check(self.checks, self.rules)
            object.__setattr__(self, "found", found)
        return found

    def rules_of(self, check: str) -> tuple[Rule, ...]:
        """The rules on this check, in file order."""
        return tuple(rule for rule in self.rules.values() if check in rule.programs)


def _below(stand: Mapping[str, tuple[str, ...]], flow: str) -> frozenset[str]:
    found: dict[str, None] = {}
    waiting = [flow]
    while waiting:
        new = [name for name in stand.get(waiting.pop(), ()) if name not in found]
        found.update(dict.fromkeys(new))
        waiting += new
    return frozenset(found)
