"""The Plan: what the configuration files mean, checked and compiled. The engine knows nothing else of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from watchtower.core.deadlines.targets import DeadlinePolicy
from watchtower.core.degrade.policy import DegradePlan
from watchtower.core.drills.policy import Drill
from watchtower.core.expressions import Expression, Template
from watchtower.core.people.policy import PeoplePolicy
from watchtower.core.review.policy import ReviewPolicy
from watchtower.core.severity.policy import SeverityPolicy
from watchtower.core.sops.policy import Job
from watchtower.model import ChannelName, Fact, Facts, Instant, Language, Severity, Text, Tier, Unit

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
class Views:
    """The checks that see a flow: by its requests, from the servers' side, and as its users come in.

    `agree` outside views must fail before users are said not to reach it.
    """

    traffic: tuple[str, ...]
    inside: tuple[str, ...]
    outside: tuple[str, ...]
    agree: int


@dataclass(frozen=True, slots=True)
class RecoveryPlan:
    """`standby` is the check that sees the standby's health, "" where there is none; `drilled` when the switch was
    last tried with success (None: never); `degrade` a degradation plan that would help."""

    standby: str = ""
    drilled: Instant | None = None
    degrade: str = ""


@dataclass(frozen=True, slots=True)
class Flow:
    """A core business flow, such as checkout."""

    name: str
    title: Text
    tier: Tier = Tier.CORE
    amount_per_request: str = ""
    """`"182.50 CNY"`: what one request is worth, for estimates of impact. Empty: not known."""
    views: Views | None = None
    """None where no view from outside is declared."""
    users_per_request: float | None = None
    """Distinct users a request stands for, where nobody measures users. None: not known."""
    requests_per_minute: float | None = None
    """What is usual, for flows whose requests nobody counts. None: not known."""
    weight: float | None = None
    """Its share in the product beside other flows' (any scale). None: by expected requests, amount and tier."""
    depends_on: tuple[str, ...] = ()
    """Flows and checks without which it does not work."""
    loss: tuple[str, str] | None = None
    """The check and its measurement that say how much money has been lost so far (a reconciliation's difference)."""
    recovery: RecoveryPlan | None = None
    """What it would recover with. None: not declared, so not judged."""


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
    blind_after: float = 60.0
    labels: Mapping[str, str] = field(default_factory=dict)
    title: Text | None = None
    source: str = ""
    """`checks/checkout.toml:12`, for people."""

    def flow_of(self, series: str) -> str:
        return self.flows.get(series, self.flow)


@dataclass(frozen=True, slots=True)
class Rule:
    """When to fire, for how long it must hold, how bad it is and what to say.

    `programs` holds one compiled `when` per matched check's name (checks of one probe share theirs),
    `summaries` likewise; `for_` and `keep_firing_for` are seconds.
    """

    name: str
    when: str
    programs: Mapping[str, Expression]
    severity: Severity
    summaries: Mapping[str, tuple[Template, Template]]
    """Per check: the English and the Chinese summary."""
    for_: float = 0.0
    keep_firing_for: float = 0.0
    sop: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    source: str = ""
    matrix: bool = False
    """The severity matrix decides; `severity` is what is assumed until it can."""
    escalate_after: float = 0.0
    """Its alerts want acknowledging each by itself, and are escalated after so many seconds without (0: as others)."""


@dataclass(frozen=True, slots=True)
class Responder:
    """A person (or a rota's phone) who is paged. `addresses` in the order of preference."""

    name: str
    role: str
    addresses: Mapping[ChannelName, str]
    language: Language = Language.EN
    zone: str = "UTC"
    """IANA name of the zone in which this person reads times."""


@dataclass(frozen=True, slots=True)
class EscalationStep:
    """Nobody has acknowledged for `after` seconds of this level: these roles are asked too, by these channels (none
    named: the level's). The role `backup` stands for the backups of the roles that are paged."""

    after: float
    roles: tuple[str, ...]
    channels: tuple[ChannelName, ...] = ()


@dataclass(frozen=True, slots=True)
class PagingPolicy:
    """Who is paged at one severity: the roles, by which channels, reminded how often (0: never).

    `acks` people must acknowledge; an acknowledgement that nothing follows is void after `ack_expires` seconds (0:
    never). `inform_by_sms` are roles that are told by the level's channels, `inform` by quiet ones, and asked nothing.
    `update_every`: of alerts that join at the same level, those who were told hear so often at most (0: never).
    """

    roles: tuple[str, ...]
    channels: tuple[ChannelName, ...]
    remind_every: float = 0.0
    escalate: tuple[EscalationStep, ...] = ()
    acks: int = 1
    ack_expires: float = 0.0
    inform_by_sms: tuple[str, ...] = ()
    inform: tuple[str, ...] = ()
    update_every: float = 0.0


@dataclass(frozen=True, slots=True)
class Sop:
    """The standard operating procedure a page points to: a title, a link and the first steps."""

    name: str
    title: Text
    url: str = ""
    steps: tuple[Text, ...] = ()
    """What the page shows."""
    jobs: tuple[Job, ...] = ()
    """What the incident's checklist holds."""
    shipped: bool = False
    """One of ours, and not of the team's own files."""


@dataclass(frozen=True, slots=True)
class BlindPolicy:
    """How bad it is not to see. `many` blind checks at once are graded `severity_many`."""

    severity: Severity = Severity.P3
    severity_many: Severity = Severity.P2
    many: int = 3


@dataclass(frozen=True, slots=True)
class IncidentPolicy:
    """When alerts are one incident, and when it is over; spans in seconds.

    `together`: flows graded by the matrix whose trouble began within so long of each other share an incident.
    `resolve_after`: how long an incident that is graded by the matrix must be calm before it is resolved, by its
    record level. `reopen_within`: a relapse so soon after the end reopens the incident instead of a new one.
    """

    together: float = 300.0
    resolve_after: Mapping[Severity, float] = field(
        default_factory=lambda: {
            Severity.P0: 3600.0,
            Severity.P1: 3600.0,
            Severity.P2: 600.0,
            Severity.P3: 600.0,
            Severity.P4: 600.0,
        }
    )
    reopen_within: float = 3600.0


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything the engine needs, by name."""

    flows: Mapping[str, Flow] = field(default_factory=dict)
    checks: Mapping[str, Check] = field(default_factory=dict)
    rules: Mapping[str, Rule] = field(default_factory=dict)
    responders: Mapping[str, Responder] = field(default_factory=dict)
    paging: Mapping[Severity, PagingPolicy] = field(default_factory=dict)
    people: PeoplePolicy = field(default_factory=PeoplePolicy)
    sops: Mapping[str, Sop] = field(default_factory=dict)
    blind: BlindPolicy = field(default_factory=BlindPolicy)
    severity: SeverityPolicy = field(default_factory=SeverityPolicy)
    incident: IncidentPolicy = field(default_factory=IncidentPolicy)
    review: ReviewPolicy = field(default_factory=ReviewPolicy)
    deadlines: DeadlinePolicy = field(default_factory=DeadlinePolicy)
    degrade: Mapping[str, DegradePlan] = field(default_factory=dict)
    """Degradation plans."""
    drills: Mapping[str, Drill] = field(default_factory=dict)
    channels: Mapping[ChannelName, Any] = field(default_factory=dict)
    """Settings of each configured channel, opaque here."""
    product: Text = field(default_factory=lambda: Text("watchtower", "watchtower"))
    """The product's name, which every page begins with."""
    stood_on: frozenset[str] = field(init=False, repr=False, compare=False)
    """Everything on which some flow stands directly: asked for at each alert, so it is found once."""
    below: Mapping[str, frozenset[str]] = field(init=False, repr=False, compare=False)
    """Of each flow that stands on anything: all that it stands on, directly or not."""

    def __post_init__(self) -> None:
        stand = {name: flow.depends_on for name, flow in self.flows.items() if flow.depends_on}
        object.__setattr__(self, "stood_on", frozenset(chain.from_iterable(stand.values())))
        object.__setattr__(self, "below", {name: _below(stand, name) for name in stand})

    @property
    def depends(self) -> bool:
        """Whether any flow says what it stands on."""
        return bool(self.stood_on)

    def rules_of(self, check: str) -> tuple[Rule, ...]:
        """The rules that judge this check, in file order."""
        return tuple(rule for rule in self.rules.values() if check in rule.programs)


def _below(stand: Mapping[str, tuple[str, ...]], flow: str) -> frozenset[str]:
    found: dict[str, None] = {}
    waiting = [flow]
    while waiting:
        new = [name for name in stand.get(waiting.pop(), ()) if name not in found]
        found.update(dict.fromkeys(new))
        waiting += new
    return frozenset(found)
