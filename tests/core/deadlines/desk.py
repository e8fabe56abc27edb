"""One incident under the eyes of the deadlines' stage alone: time passes, things happen, lines are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from watchtower.channels import traits
from watchtower.core.actions.action import ActionTaken, accept
from watchtower.core.deadlines.actions import ACTIONS
from watchtower.core.deadlines.advance import advance
from watchtower.core.deadlines.sla_clocks import Clock
from watchtower.core.events import Logged
from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.history import History, project
from watchtower.core.incident.incidents import Incident
from watchtower.core.incident.lifecycle import IncidentWord
from watchtower.core.incident.log import line_of
from watchtower.core.indicators import Amount, Basis, Estimate, FlowImpact, Indicators, Urgency
from watchtower.core.pipeline.features import KINDS
from watchtower.core.plan import Plan
from watchtower.core.plan.flows import Flow
from watchtower.core.plan.paging import Responder
from watchtower.core.plan.targets import DeadlinePolicy
from watchtower.core.state import State, Step
from watchtower.model import IncidentState, Instant, Severity, Text, Tier

LI = Responder(name="li", role="oncall", addresses={"sms": "+8613800000000"})
CHEN = Responder(name="chen", role="commander", addresses={"sms": "+8613800000001"})
DENG = Responder(name="deng", role="deputy", addresses={"sms": "+8613800000002"})
LAW = Responder(name="law", role="legal", addresses={"email": "law@example.com"})


def moment(text: str) -> Instant:
    """`2023-10-14T14:54+08:00`"""
    return datetime.fromisoformat(text).timestamp()


def estimate(point: float, at: Instant, high: float | None = None) -> Estimate:
    return Estimate(point, point, point if high is None else high, Basis.ESTIMATED, at)


def money(point: str, currency: str, at: Instant) -> Amount:
    value = Decimal(point)
    return Amount(value, value, value, currency, Basis.ESTIMATED, at)


@dataclass
class Desk:
    """`plan` has the flows login (core) and help (peripheral)."""

    at: Instant = 1_000_000.0
    level: str = "P0"
    policy: DeadlinePolicy = field(default_factory=DeadlinePolicy)
    people: Sequence[Responder] = (LI, CHEN, DENG, LAW)
    flow: str = "login"
    id: str = "INC-1"
    state: State = field(default_factory=State)
    log: list[LogEntry] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.plan = Plan(
            kinds=traits(),
            flows={
                "login": Flow(name="login", title=Text("Login", "登录"), tier=Tier.CORE),
                "help": Flow(name="help", title=Text("Help", "帮助"), tier=Tier.PERIPHERAL),
            },
            responders={one.name: one for one in self.people},
            deadlines=self.policy,
        )
        level = Severity(self.level)
        incident = Incident(
            self.id, f"flow:{self.flow}", Text("down", "中断"), self.flow, IncidentState.TRIGGERED, level, level,
            self.at, self.at,
        )  # fmt: skip
        self.step().set_incident(incident, "opened")
        self._take()
        self.tick()

    @property
    def incident(self) -> Incident:
        return self.state.incidents[self.id]

    @property
    def history(self) -> History:
        return self.state.histories[self.id]

    def clock(self, name: str) -> Clock:
        return self.history.deadlines.clocks[name]

    def step(self) -> Step:
        self._step = Step(self.plan, self.state, self.at)
        return self._step

    def tick(self) -> list[str]:
        """Look at it now; the kinds of what was written."""
        advance(self.step(), self.incident)
        return self._take()

    def after(self, seconds: float) -> list[str]:
        self.at += seconds
        return self.tick()

    def until(self, at: Instant, every: float = 60.0) -> dict[str, Instant]:
        """Minute by minute; when each thing was written first, by its line's word and subject."""
        found: dict[str, Instant] = {}
        while self.at < at:
            self.at = min(at, self.at + every)
            seen = len(self.log)
            self.tick()
            for entry in self.log[seen:]:
                found.setdefault(label(entry), self.at)
        return found

    def change(self, reason: IncidentWord, by: str = "watchtower", **changes: Any) -> list[str]:
        """The incident's own course goes on."""
        if "severity" in changes:
            level = Severity(changes["severity"])
            record = level if level.worse_than(self.incident.record) else self.incident.record
            changes.update(severity=level, record=record)
        self.step().set_incident(replace(self.incident, **changes), reason, by=by)
        self._take()
        return self.tick()

    def raised(self, level: str) -> list[str]:
        return self.change("raised", severity=level)

    def acknowledged(self) -> list[str]:
        return self.change("acknowledged", "li", state=IncidentState.ACKNOWLEDGED, acknowledged_at=self.at)

    def mitigated(self) -> list[str]:
        return self.change("mitigated", state=IncidentState.MITIGATED, mitigated_at=self.at)

    def resolved(self) -> list[str]:
        return self.change("resolved", state=IncidentState.RESOLVED, resolved_at=self.at)

    def note(self, kind: str, text: str = "", **data: Any) -> list[str]:
        if "text" in KINDS[kind].__struct_fields__:
            data["text"] = text
        self.step().log(self.id, msgspec.convert(data, KINDS[kind]), text, "li")
        self._take()
        return self.tick()

    def measured(self, impact: float, raw: float, **more: Any) -> list[str]:
        """The flow fails by `impact` since `raw` minutes."""
        flow = FlowImpact(
            self.flow, self.plan.flows[self.flow].tier, impact, self.at - raw * 60, 1.0, Urgency.NORMAL, raw * impact,
            raw, confirmed=True, back_since=self.at if impact < 0.1 else None,
        )  # fmt: skip
        numbers = Indicators(
            self.at, self.incident.onset, (flow,), flow_minutes=raw * impact, raw_minutes=raw, **more
        )
        impacts = replace(self.history.impact, indicators=numbers)
        self.state.histories[self.id] = replace(self.history, impact=impacts)
        return self.tick()

    def do(self, action: str, by: str = "li", **given: Any) -> str:
        found = next(one for one in ACTIONS if one.name == action)
        data = accept(found, given, self.at)
        answer = found.act(self.step(), self.incident, ActionTaken(by, "cli", data, self.at))
        self._take()
        self.tick()
        return answer

    def told(self) -> list[tuple[str, str]]:
        """Roles and reason of everything that people were told."""
        return [
            (",".join(e.data["roles"]), e.detail)
            for e in self.log
            if e.kind == "pages.requested" and "roles" in e.data
        ]

    def again(self) -> History:
        """The story folded anew from the log, as after a restart."""
        return project(self.log)

    def _take(self) -> list[str]:
        lines = [line[1] for d in self._step.decisions if (line := line_of(d)) is not None]
        self.log += lines
        logged = [d.entry for d in self._step.decisions if isinstance(d, Logged)]
        self._step.decisions.clear()
        return [entry.kind for entry in logged]


def label(entry: LogEntry) -> str:
    """`breached mitigate`, `duty mas.notice triggered`."""
    data: Mapping[str, Any] = entry.data
    what = data.get("clock") or data.get("duty") or ""
    also = data.get("standing") or data.get("step") or ""
    return " ".join(part for part in (entry.kind.partition(".")[2], what, also) if part)
