"""Plans and stories for the engine, short enough to read as sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from watchtower.channels import traits
from watchtower.config.paging import policy as product_policy
from watchtower.core.events import (
    Acknowledged,
    AlertChanged,
    Decision,
    Delivered,
    Event,
    Failed,
    NotPaged,
    Observed,
    PageFailing,
    PageQueued,
    Ticked,
)
from watchtower.core.expressions import compile_expression, compile_summary
from watchtower.core.incident.incidents import Page
from watchtower.core.pipeline.engine import Engine
from watchtower.core.plan import Plan
from watchtower.core.plan.checks import BASE_FACTS, Check
from watchtower.core.plan.flows import Flow
from watchtower.core.plan.no_data import NoDataPolicy
from watchtower.core.plan.paging import PagingPolicy, Responder
from watchtower.core.plan.rules import Rule
from watchtower.detectors import DETECTORS
from watchtower.model import ChannelName, Fact, Observation, Outcome, Reading, Severity, Text, Value

EMAIL, SMS, WEBHOOK = "email", "sms", "webhook"
LI = Responder(name="li", role="oncall", addresses={SMS: "+8613800000000", EMAIL: "li@example.com"})
WANG = Responder(name="wang", role="backup", addresses={EMAIL: "wang@example.com"})
HTTP_FACTS = {**BASE_FACTS, "latency": Fact.number("s"), "status": Fact.number("code")}
TRAFFIC_FACTS = {**BASE_FACTS, "requests": Fact.number("n"), **DETECTORS["traffic"].facts}

ASKED = (Severity.P0, Severity.P1, Severity.P2)
CHANNELS = {level: (SMS, EMAIL) if level in ASKED[:2] else (EMAIL,) for level in Severity}


def http_check(name: str = "bank", flow: str = "", no_data_after: float = 60.0) -> Check:
    return Check(
        name=name,
        probe="http",
        every=10.0,
        timeout=3.0,
        settings=None,
        facts=HTTP_FACTS,
        flow=flow,
        no_data_after=no_data_after,
    )


def traffic_check(
    name: str = "orders", flow: str = "", flows: Sequence[str] = (), zero_for: float = 60.0
) -> Check:
    detect = DETECTORS["traffic"].Settings.model_construct(zero_for=zero_for)
    by_series = {series: series for series in flows}
    return Check(
        name=name,
        probe="metrics",
        every=10.0,
        timeout=3.0,
        settings=None,
        facts=TRAFFIC_FACTS,
        flow=flow,
        flows=by_series,
        detector="traffic",
        detect=detect,
    )


def rule(
    name: str,
    when: str,
    *checks: Check,
    severity: str = "P1",
    for_: float = 0.0,
    keep: float = 0.0,
    text: str = "",
) -> Rule:
    summary = Text(text or name, text or name)
    return Rule.model_construct(
        name=name, when=when, programs={c.name: compile_expression(when, c.facts) for c in checks}, severity=Severity(severity),
        summaries={c.name: compile_summary(summary, c.facts) for c in checks}, for_=for_, keep_firing_for=keep,
    )  # fmt: skip


def policy(*channels: ChannelName, level: Severity = Severity.P1, **given: Any) -> PagingPolicy:
    """Whoever is on call is paged by these channels; all else is the product's default where it is not given."""
    table = PagingPolicy(**{"roles": ("oncall",), "channels": channels, **given})
    return product_policy(level, table, channels, ())


def plan(
    checks: Sequence[Check], rules: Sequence[Rule], responders: Sequence[Responder] = (LI,), remind_every: float | None = None,
    flows: Sequence[str] = ("checkout",), no_data: NoDataPolicy | None = None,
) -> Plan:  # fmt: skip
    reminds = {} if remind_every is None else {"remind_every": remind_every}
    return Plan(
        kinds=traits(),
        flows={name: Flow(name=name, title=Text(name.title(), name)) for name in flows},
        checks={c.name: c for c in checks},
        rules={r.name: r for r in rules},
        responders={r.name: r for r in responders},
        paging={
            level: policy(*channels, level=level, **(reminds if level in ASKED else {}))
            for level, channels in CHANNELS.items()
        },
        no_data=no_data or NoDataPolicy(),
    )


DOWN_RULE_TEXT = "{{ check }} is {{ outcome }}"


@dataclass
class Story:
    """An engine, its clock, and everything it decided; reads like the story it tests."""

    plan: Plan
    at: float = 1_000_000.0
    decisions: list[Decision] = field(default_factory=list)
    engine: Engine = field(init=False)

    def __post_init__(self) -> None:
        self.engine = Engine(self.plan, DETECTORS, self.at)

    def feed(self, event: Event) -> list[Decision]:
        out = self.engine.handle(event, self.at)
        self.decisions += out
        return out

    def wait(self, seconds: float) -> Story:
        self.at += seconds
        return self

    def see(self, check: str, outcome: str, series: str = "", **measurements: Value) -> list[Decision]:
        covers = 10.0 if "requests" in measurements else 0.0
        reading = Reading(
            Outcome(outcome), measurements, "" if outcome == "up" else "timeout", "", series, covers
        )
        return self.feed(Observed(Observation(check, self.at, reading)))

    def up(self, check: str, series: str = "", **measurements: Value) -> list[Decision]:
        return self.see(check, "up", series, **measurements)

    def down(self, check: str, series: str = "", **measurements: Value) -> list[Decision]:
        return self.see(check, "down", series, **measurements)

    def cannot_tell(self, check: str) -> list[Decision]:
        return self.see(check, "unknown")

    def tick(self) -> list[Decision]:
        return self.feed(Ticked())

    def past_reopening(self, *checks: str) -> None:
        """Well for so long that what comes now is no relapse, and what is over is forgotten."""
        self.wait(self.plan.incident.reopen_within)
        for check in checks:
            self.up(check)
        self.tick()

    def deliver(self, *pages: Page) -> list[Decision]:
        return [d for page in pages for d in self.feed(Delivered(page.id, page.incident))]

    def deliver_all(self) -> None:
        while pages := self.undelivered():
            self.deliver(*pages)

    def fail(self, page: Page) -> list[Decision]:
        return self.feed(Failed(page.id, page.incident, "550"))

    def failing(self, page: Page) -> list[Decision]:
        return self.feed(PageFailing(page.id, page.incident, "timeout"))

    def ack(self, incident: str = "INC-1", by: str = "li") -> list[Decision]:
        return self.feed(Acknowledged(incident, by))

    def undelivered(self) -> list[Page]:
        return [p for p in self.engine.state.pages.values() if p.state in ("queued", "failing")]


def pages(decisions: Sequence[Decision]) -> list[str]:
    """`new P1 li sms` for each page that is queued."""
    return [
        f"{d.page.kind} {d.page.message.severity} {d.page.responder} {d.page.channel}"
        for d in decisions
        if isinstance(d, PageQueued) and d.reason != "together"
    ]


def queued(decisions: Sequence[Decision]) -> list[Page]:
    return [d.page for d in decisions if isinstance(d, PageQueued) and d.reason != "together"]


def whys(decisions: Sequence[Decision]) -> list[str]:
    return [d.reason for d in decisions if isinstance(d, NotPaged)]


def moves(decisions: Sequence[Decision]) -> list[str]:
    """`pending bank` for each alert that changed its state."""
    return [
        f"{d.alert.state} {d.alert.check}"
        for d in decisions
        if isinstance(d, AlertChanged) and d.previous is not d.alert.state
    ]
