"""A flow with its views: a counter of requests, one from inside, three from outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tests.core.builders import plan, rule
from watchtower.core.pipeline.reachability import Reach
from watchtower.core.plan import Plan
from watchtower.core.plan.checks import BASE_FACTS, REACH_FACTS, Check
from watchtower.core.plan.flows import Flow
from watchtower.detectors import DETECTORS
from watchtower.model import Fact, Observation, Outcome, Reading, Text, Value

FLOW = "checkout"
EVERY = 10.0
PAGE_FACTS = {**BASE_FACTS, "fingerprint": Fact.string("sha256"), **REACH_FACTS}
COUNT_FACTS = {**BASE_FACTS, "requests": Fact.number("n"), **DETECTORS["traffic"].facts, **REACH_FACTS}
OUTSIDE = ("beijing", "shanghai", "dns")
TEXT = "{{ reach.because }} / {{ reach.because_zh }}"


def view(name: str, flow: str = FLOW) -> Check:
    return Check(name=name, probe="tls", every=EVERY, timeout=3.0, settings=None, facts=PAGE_FACTS, flow=flow)


def counter(name: str = "requests", flow: str = FLOW, series: tuple[str, ...] = ()) -> Check:
    detect = DETECTORS["traffic"].Settings.model_validate({"zero_for": "1m"})
    flows = {one: one for one in series}
    return Check(
        name=name,
        probe="metrics",
        every=EVERY,
        timeout=3.0,
        settings=None,
        facts=COUNT_FACTS,
        flow=flow,
        flows=flows,
        detector="traffic",
        detect=detect,
    )


def checkout(
    *more: Check,
    traffic: tuple[str, ...] = ("requests",),
    inside: tuple[str, ...] = ("health",),
    outside: tuple[str, ...] = OUTSIDE,
    quorum: int = 2,
) -> Plan:
    """The flow; a rule on its counter pages P0 when users cannot reach it."""
    counting = [counter(name) for name in traffic if name not in {c.name for c in more}]
    checks = [*counting, *(view(name) for name in (*inside, *outside)), *more]
    whole = plan(checks, [rule("cut-off", "reach.unreachable", checks[0], severity="P0", text=TEXT)])
    flow = Flow(
        name=FLOW,
        title=Text("Checkout", "下单"),
        traffic=traffic,
        inside=inside,
        outside=outside,
        quorum=quorum,
    )
    return replace(whole, flows={**whole.flows, FLOW: flow})


class Watch:
    """The stage alone. `see` gives the verdict after an observation."""

    def __init__(self, whole: Plan) -> None:
        self.plan, self.at = whole, 1_000_000.0
        self.stage = Reach()
        self.stage.replace_plan(whole)

    def see(
        self, check: str, outcome: str = "up", reason: str = "", series: str = "", **measured: Value
    ) -> Mapping[str, Value]:
        facts = {f"traffic.{name}": measured.pop(name) for name in ("silent", "low") if name in measured}
        reading = Reading(Outcome(outcome), measured, reason, series=series)
        observation = Observation(check, self.at, reading)
        return self.stage.facts(self.plan.checks[check], observation, facts)
