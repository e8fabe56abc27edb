"""Plays an outage of `outages.py` through the engine that runs live: eight days of habits, then the day from midnight, a poll a minute."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from tests.scenarios.outages import Outage, WatchedFlow, minute
from watchtower.config.load import load
from watchtower.core.events import Decision, IncidentChanged, PageQueued
from watchtower.core.incident.history import History
from watchtower.core.incident.incidents import PageState
from watchtower.core.pipeline.engine import Engine
from watchtower.core.plan import Plan
from watchtower.core.usual_traffic import polled
from watchtower.detectors.traffic import Traffic
from watchtower.model import Observation, Outcome, Reading, Value
from watchtower.page_kinds import PageKind
from watchtower.replay import Replay, World

MINUTE, DAY = 60, 86400
MONDAY = datetime(2026, 3, 9, tzinfo=UTC).timestamp()
HABITS = 8
RULES = """
[product]
name = { en = "Pay", zh = "支付" }

[[rule]]
name = "flow-silent"
match = { probe = "push" }
when = "traffic.silent"
severity = "matrix"

[[rule]]
name = "flow-low"
match = { probe = "push" }
when = "traffic.low"
severity = "matrix"

[[rule]]
name = "users-fail"
match = { probe = "push" }
when = "traffic.success_ratio < 0.95"
severity = "matrix"

[[responder]]
name = "li"
sms = "+8613800000001"
email = "li@example.com"

[channel.email]
mailbox = "var/mailbox"

[channel.sms]
file = "var/phone.txt"
"""
DEPENDENCY = """
[[rule]]
name = "dependency-down"
match = { probe = "http" }
when = 'outcome == "down"'
severity = "P2"
"""
FAILURES = """
[[check]]
name = "{name}-failures"
flow = "{name}"
probe = "derive"
part = "{name}-requests.errors"
whole = "{name}-requests.requests"
every = "60s"
"""
MORE_FAIL = """
[[rule]]
name = "more-fail-than-usual"
match = { probe = "derive" }
when = "ratio.risen"
severity = "matrix"
"""
DISCOUNTS = """
[[check]]
name = "discounts"
flow = "pay"
probe = "command"
command = ["discounts"]
measure = { share = "share", excess = "excess" }
every = "60s"
"""
TOO_MUCH = """
[[rule]]
name = "discount-too-high"
match = { check = "discounts" }
when = "share > 0.2"
severity = "matrix"
"""


def written(folder: Path, outage: Outage) -> Plan:
    """The plan as such a company would write it."""
    (folder / "checks").mkdir()
    text = ""
    for name, flow in outage.flows.items():
        text += f"[flow.{name}]\nusers_per_request = 0.8\n{flow.more}\n"
        text += f'[[check]]\nname = "{name}-requests"\nflow = "{name}"\nprobe = "push"\nevery = "60s"\n'
        text += FAILURES.format(name=name) if outage.learnt else ""
    for name in outage.probes:
        flow_of = f'flow = "{outage.of[name]}"\n' if name in outage.of else ""
        text += f'[[check]]\nname = "{name}"\n{flow_of}probe = "http"\nurl = "https://{name}.example/"\nevery = "60s"\n'
    rules = RULES + (DEPENDENCY if outage.probes else "") + (MORE_FAIL if outage.learnt else "")
    if outage.money:
        text, rules = text + DISCOUNTS, rules + TOO_MUCH
    (folder / "checks" / "flows.toml").write_text(text, encoding="utf-8")
    (folder / "rules.toml").write_text(rules, encoding="utf-8")
    return load(folder / "rules.toml", folder / "checks", {}).plan


@dataclass
class OutageRun:
    """What came of it. Times are minutes of the day; a page is `(when, kind, severity, incident, channel)`."""

    outage: Outage
    plan: Plan
    seed: int = 7
    pages: list[tuple[float, PageKind, str, str, str]] = field(default_factory=list)
    changes: list[tuple[float, str, str, str, str]] = field(default_factory=list)
    """`(when, reason, incident, severity, record)`"""
    histories: dict[str, History] = field(default_factory=dict)
    joined: dict[str, float] = field(default_factory=dict)
    """When each flow became part of INC-1."""

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        noon = self.outage.noon
        learned = {
            (f"{name}-requests", ""): habits(flow.rate, noon) for name, flow in self.outage.flows.items()
        }
        self.replay = Replay(
            self.plan, MONDAY, world=World(ack_after=300.0), tick_every=30.0, heard=self._hear, learned=learned
        )  # fmt: skip
        for n in range(1, minute(self.outage.until) + 1):
            for observation in self._polls(MONDAY + n * MINUTE):
                self.replay.feed(observation)

    def _polls(self, at: float) -> list[Observation]:
        begun = (at - MINUTE - MONDAY) / 60
        out = []
        for name, flow in self.outage.flows.items():
            comes, fails = _now(flow, begun)
            requests = came(self._random, usual(flow.rate, self.outage.noon, at) * comes)
            measured: dict[str, Value] = {"requests": requests, "errors": float(round(requests * fails))}
            out.append(Observation(f"{name}-requests", at, Reading(Outcome.UP, measured, covers=MINUTE)))
            if self.outage.learnt:
                both: dict[str, Value] = {"part": measured["errors"], "whole": requests}
                out.append(Observation(f"{name}-failures", at, Reading(Outcome.UP, both, covers=MINUTE)))
        for name, spans in self.outage.probes.items():
            down = any(minute(begin) <= begun < minute(end) for begin, end in spans)
            said = Reading(Outcome.DOWN, {}, "tls") if down else Reading(Outcome.UP, {"latency": 0.05})
            out.append(Observation(name, at, said))
        if self.outage.money:
            now, before = (self.outage.money(one) for one in (begun + 1, begun))
            given: dict[str, Value] = {"share": 0.6 if now > before else 0.08, "excess": now}
            out.append(Observation("discounts", at, Reading(Outcome.UP, given)))
        return out

    def _hear(self, decision: Decision, engine: Engine) -> None:
        when = (decision.at - MONDAY) / 60
        match decision:
            case IncidentChanged(reason=reason, incident=one):
                self.changes.append((when, reason, one.id, str(one.severity), str(one.record)))
                for flow in one.flows if one.id == "INC-1" else ():
                    self.joined.setdefault(flow, when)
            case PageQueued(page=page) if page.state is not PageState.HELD:
                severity = str(page.message.severity)
                self.pages.append((when, page.kind, severity, page.incident, str(page.channel)))
        self.histories.update(engine.state.histories)

    def of(self, reason: str) -> list[tuple[float, str]]:
        """When this happened to which incident."""
        return [(when, id) for when, found, id, _, _ in self.changes if found == reason]

    def worst_at(self, moment: str) -> str:
        """The worst severity of all incidents that were open at this time."""
        now: dict[str, str] = {}
        for when, reason, id, severity, _ in self.changes:
            if when > minute(moment):
                break
            now[id] = severity
            if reason in ("resolved", "merged_into", "unwatched"):
                now.pop(id)
        return min(now.values(), default="none")


@cache
def habits(rate: float, noon: float) -> Mapping[str, Any]:
    """What a detector knows of such a flow on Monday at 00:00. Flows of one rate share it: eight days take a quarter second."""
    detector, chance = Traffic(Traffic.Settings(), MINUTE), random.Random(1)
    for n in range(-HABITS * 1440 + 1, 1):
        at = MONDAY + n * MINUTE
        detector.update(polled(at, came(chance, usual(rate, noon, at)), MINUTE))
    return detector.state()


def usual(rate: float, noon: float, at: float) -> float:
    """Requests expected in the minute before this time."""
    return rate * (1 + 0.7 * math.cos((at % DAY / 3600 - noon) / 12 * math.pi))


def came(chance: random.Random, mean: float) -> float:
    """Requests of a minute, by chance."""
    return float(max(0, round(chance.gauss(mean, math.sqrt(mean)))))


def _now(flow: WatchedFlow, begun: float) -> tuple[float, float]:
    for part in flow.parts:
        if minute(part.begin) <= begun < minute(part.end):
            return part.comes, part.fails
    return 1.0, 0.004
