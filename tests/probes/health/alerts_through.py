"""Alerts of others on their whole way: posts, the probe, the engine and its pages, by a clock of the test's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from watchtower.config.load import load
from watchtower.core.events import Delivered, Observed, PageQueued, Ticked
from watchtower.core.incident.incidents import Page, PageState
from watchtower.core.pipeline.engine import Engine
from watchtower.core.plan import Plan
from watchtower.detectors import DETECTORS
from watchtower.model import Observation
from watchtower.probes.alertmanager import Alertmanager
from watchtower.probes.contract import Target
from watchtower.probes.held_alerts import PostedAlert
from watchtower.probes.webhook import Webhook

CHECKS = """
[flow.checkout]
title = "Checkout"

[[check]]
name = "prometheus"
probe = "alertmanager"
services = { "checkout-svc" = "checkout" }
"""
RULES = """
[[responder]]
name = "li"
role = "oncall"
email = "li@example.com"

[channel.email]
host = "127.0.0.1"
security = "none"
sender = "w@example.com"
"""
BEGIN = 1_800_000_000.0


def plan_of(folder: Path, checks: str = CHECKS, rules: str = RULES) -> Plan:
    (folder / "checks").mkdir()
    (folder / "checks" / "it.toml").write_text(checks)
    (folder / "rules.toml").write_text(rules)
    return load(folder / "rules.toml", folder / "checks", {}).plan


@dataclass
class Through:
    """`pages` are all that were queued, with when; each is delivered at once."""

    plan: Plan
    at: float = BEGIN
    pages: list[tuple[float, Page]] = field(default_factory=list)
    decisions: list[Any] = field(default_factory=list)
    engine: Engine = field(init=False)
    probe: Alertmanager = field(init=False)

    def __post_init__(self) -> None:
        self.engine = Engine(self.plan, DETECTORS, self.at)
        self.probe = self._made()

    def _made(self) -> Alertmanager:
        check = self.plan.checks["prometheus"]
        made = Webhook if check.probe == Webhook.kind else Alertmanager
        return made(check.settings, Target(check.name, check.every, check.timeout))

    def post(self, *alerts: PostedAlert, sender: str = "10.0.0.1") -> None:
        for one in alerts:
            self.probe.held.take(one, sender, self.at)

    def restart(self) -> None:
        """The probe forgets all that is not kept; the engine goes on, as from its store."""
        kept, self.probe = self.probe.held.kept(), self._made()
        self.probe.held.restore(kept, self.at)

    def wait(self, seconds: float, step: float = 5.0) -> Through:
        """Polls and ticks every `step`."""
        until = self.at + seconds
        while self.at < until:
            self.at = min(self.at + step, until)
            for reading in self.probe.readings(self.at):
                self._feed(Observed(Observation("prometheus", self.at, reading)))
            self._feed(Ticked())
        return self

    def kinds(self) -> list[str]:
        return [str(page.kind) for _, page in self.pages]

    def _feed(self, event: Any) -> None:
        decisions: Sequence[Any] = self.engine.handle(event, self.at)
        self.decisions += decisions
        for one in decisions:
            if isinstance(one, PageQueued) and one.page.state is PageState.QUEUED:
                self.pages.append((self.at, one.page))
                self._feed(Delivered(one.page.id, one.page.incident))


def alert(name: str, at: float, *, lasts: float | None = 240.0, generator: str = "http://prom-1:9090/graph", **labels: str) -> PostedAlert:  # fmt: skip
    """As Prometheus sends it: evaluated at `at`, with an end four minutes later; negative `lasts`: it is over."""
    ends_at = None if lasts is None else at + lasts
    begun = min(at - 60.0, ends_at or at)
    return PostedAlert(
        {"alertname": name, **labels}, {"summary": f"{name} is bad"}, begun, ends_at, generator
    )
