"""Indicators and incidents, short enough to read as sentences."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from watchtower.core.actions.action import ActionTaken, accept
from watchtower.core.impact.kinds import ImpactMeasured
from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.history import History
from watchtower.core.incident.incidents import Incident
from watchtower.core.incident.payload import Payload
from watchtower.core.indicators import Amount, Basis, Estimate, FlowImpact, Indicators, Urgency
from watchtower.core.people.kinds import RoleFilled
from watchtower.core.pipeline.features import ACTIONS
from watchtower.core.plan import Plan
from watchtower.core.plan.severity import SeverityPolicy
from watchtower.core.severity.apply import apply_severity
from watchtower.core.severity.history import SeverityHistory
from watchtower.core.severity.matrix import MatrixResult, by_matrix
from watchtower.core.state import State, Step
from watchtower.model import IncidentState, Severity, Text, Tier

POLICY = SeverityPolicy()
P0, P1, P2, P3, P4 = Severity
MINUTE = 60.0


def about(
    point: float, low: float | None = None, high: float | None = None, basis: Basis = Basis.MEASURED
) -> Estimate:
    return Estimate(point if low is None else low, point, point if high is None else high, basis, 0.0)


def money(point: str, currency: str = "CNY") -> Amount:
    value = Decimal(point)
    return Amount(value, value, value, currency, Basis.MEASURED, 0.0)


def flow(name: str = "checkout", impact: float = 1.0, urgency: str = "normal", **more: Any) -> FlowImpact:
    """A core flow whose requests are counted, and whose trouble is confirmed."""
    given: dict[str, Any] = {
        "tier": Tier.CORE,
        "missing": about(0.0),
        "confirmed": True,
        "flow_minutes": 0.0,
        "raw_minutes": 0.0,
        "weight": 1.0,
    } | more
    return FlowImpact(name, impact=impact, onset=0.0, urgency=Urgency(urgency), **given)


def numbers(*flows: FlowImpact, at: float = 0.0, **more: Any) -> Indicators:
    return Indicators(at=at, onset=0.0, flows=flows, **more)


def well(since: float | None, at: float, **more: Any) -> Indicators:
    """One flow that is back since then."""
    return numbers(flow(impact=0.0, back_since=since), at=at, **({"bad": since is None} | more))


def level(found: Indicators | None, **more: Any) -> Severity | None:
    return judged(found, **more).level


def judged(found: Indicators | None, policy: SeverityPolicy = POLICY, **more: Any) -> MatrixResult:
    return by_matrix(policy, found, titles={"checkout": Text("checkout", "下单支付")}, **more)


@dataclass
class Case:
    """One incident of the matrix, graded as its numbers come; its history is projected from its entries alone."""

    plan: Plan = field(default_factory=Plan)
    matrix: bool = True
    at: float = 0.0
    state: State = field(default_factory=State)
    entries: list[LogEntry] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    fixed: Severity | None = None

    def __post_init__(self) -> None:
        self.state.incidents["INC-1"] = Incident(
            "INC-1", "flow:checkout", Text("checkout", "下单支付"), "checkout", IncidentState.TRIGGERED,
            P2, P2, self.at, self.at, matrix=self.matrix,
        )  # fmt: skip

    @property
    def incident(self) -> Incident:
        return self.state.incidents["INC-1"]

    @property
    def levels(self) -> SeverityHistory:
        return self.state.histories.get("INC-1", History()).severity

    def sees(self, found: Indicators, **more: Any) -> str:
        """These numbers were measured, at their time."""
        self.at = found.at
        return self._step(ImpactMeasured(found), more)

    def _step(self, said: Payload, more: dict[str, Any]) -> str:
        step = Step(self.plan, self.state, self.at)
        step.log("INC-1", said)
        if more.pop("reopened", False):
            step.reopened["INC-1"] = ""
        if step.reopened or not self.reasons:
            step.opening["INC-1"] = []
        _, reason = apply_severity(step, "INC-1", fixed=self.fixed, **more)
        self._keep(step)
        self.reasons.append(reason)
        return reason

    def does(self, action: str, by: str = "li", via: str = "test", **given: Any) -> str:
        """A person does this; why not, else ""."""
        step = Step(self.plan, self.state, self.at)
        told = ACTIONS[action].act(
            step, self.incident, ActionTaken(by, via, accept(ACTIONS[action], given, self.at), self.at)
        )
        self._keep(step)
        return told

    def names(self, role: str, who: str) -> None:
        step = Step(self.plan, self.state, self.at)
        step.log("INC-1", RoleFilled(role, who))
        self._keep(step)

    def mitigated(self, yes: bool = True) -> None:
        state = IncidentState.MITIGATED if yes else IncidentState.TRIGGERED
        self.state.incidents["INC-1"] = replace(self.incident, state=state)

    def _keep(self, step: Step) -> None:
        from watchtower.core.incident.log import line_of

        lines = [line for decision in step.decisions if (line := line_of(decision)) is not None]
        self.entries += [entry for _, entry in lines]

    @property
    def words(self) -> list[str]:
        return [e.kind for e in self.entries if e.kind.startswith("severity.")]


def reread(entries: list[LogEntry]) -> list[LogEntry]:
    """As the store gives them back."""
    return [replace(entry, data=json.loads(json.dumps(dict(entry.data)))) for entry in entries]
