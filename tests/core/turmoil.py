"""A random life for the engine: what happens to it, a delivery that keeps its lanes, and a store that keeps what it is told."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import strategies as st

from tests.core.builders import (
    EMAIL,
    HTTP_FACTS,
    LI,
    WANG,
    http_check,
    plan,
    rule,
    traffic_check,
)
from watchtower.core.events import (
    Acknowledged,
    AlertChanged,
    ClockStepped,
    Decision,
    Delivered,
    Event,
    Failed,
    IncidentChanged,
    Observed,
    PageChanged,
    PageFailing,
    PageQueued,
    ResolvedByHand,
    Ticked,
)
from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.incidents import Address, Page, PageState
from watchtower.core.incident.log import line_of
from watchtower.core.pipeline.engine import Engine
from watchtower.core.plan import Plan
from watchtower.core.plan.checks import Check
from watchtower.core.plan.incident import IncidentPolicy
from watchtower.detectors import DETECTORS
from watchtower.model import Observation, Outcome, Reading, Value
from watchtower.page_kinds import PageKind
from watchtower.store.rows import (
    decode_alert,
    decode_incident,
    decode_page,
    encode_alert,
    encode_incident,
    encode_page,
)
from watchtower.store.statements import number_of

Op = tuple[Any, ...]
SERIES: Mapping[str, Sequence[str]] = {
    "bank": ("",), "web": ("",), "orders": ("", "checkout", "refund"), "disk": ("", "sda", "sdb"),
}  # fmt: skip
ZHAO = LI.model_copy(update={"name": "zhao", "role": "nobody", "addresses": {EMAIL: "zhao@example.com"}})


def plans(every: float) -> Sequence[Plan]:
    """A plan, and what an engineer may make of it at night. What is over is over at once; relapses have lives of their
    own."""
    return [replace(one, incident=IncidentPolicy(reopen_within=0.0)) for one in _plans(every)]


def _plans(every: float) -> Sequence[Plan]:
    bank, web = _at(http_check("bank"), every), _at(http_check("web", flow="checkout"), every)
    disk = _at(http_check("disk"), every)
    orders = _at(traffic_check("orders", flows=("checkout", "refund")), every)
    checks, flows = [bank, web, orders, disk], ("checkout", "refund")
    down = rule("bank-down", "outcome == 'down'", bank, severity="P1")
    rules = [
        down,
        rule("web-slow", "latency > 2.0", web, severity="P2", for_=20, keep=30),
        rule("web-down", "outcome == 'down'", web, severity="P0", keep=15),
        rule("silent", "traffic.silent", orders, severity="P1"),
        rule("disk-bad", "outcome == 'down'", disk, severity="P3", for_=5),
    ]
    moved = web.model_copy(update={"flow": "refund"})
    return [
        plan(checks, rules, [LI, WANG], 60, flows),
        plan(checks, rules, [LI], 60, flows),
        plan(checks, rules, [], 60, flows),
        plan(checks, rules, [WANG, ZHAO], 0, flows),
        plan(checks, [down.model_copy(update={"name": "bank-gone"}), *rules[2:]], [LI, WANG], 60, flows),
        plan([bank, orders], [down, rules[3]], [LI, WANG], 60, flows),
        plan(
            [bank, moved, orders.model_copy(update={"flows": {"refund": "refund"}}), disk],
            rules,
            [LI, ZHAO],
            60,
            flows,
        ),
    ]


def _at(check: Check, every: float) -> Check:
    return check.model_copy(update={"every": every, "facts": check.facts or HTTP_FACTS})


def ops(
    *, outcomes: Sequence[str] = ("up", "down", "unknown"), reloads: bool = True
) -> st.SearchStrategy[list[Op]]:
    checks = st.sampled_from([(c, s) for c, every in SERIES.items() for s in every])
    number = st.integers(0, 30)
    kinds: list[st.SearchStrategy[Any]] = [
        st.tuples(st.just("see"), checks, st.sampled_from(outcomes), st.sampled_from([0.0, 1.0, 5.0])),
        st.tuples(st.just("see"), checks, st.sampled_from(outcomes), st.sampled_from([0.0, 5.0])),
        st.tuples(st.just("wait"), st.sampled_from([0.0, 1.0, 10.0, 31.0, 70.0])),
        st.tuples(st.just("page"), number, st.sampled_from(["delivered", "failing", "failed", "failed"])),
        st.tuples(st.just("page"), number, st.just("delivered")),
        st.tuples(st.just("ack"), number),
        st.tuples(st.just("resolve"), number),
        st.tuples(st.just("step"), st.sampled_from([-3600.0, 3600.0])),
    ]
    if reloads:
        kinds += [st.tuples(st.just("plan"), st.integers(0, 6)), st.just(("restart",))]
    # A life that is too short to hurt finds nothing; half of them begin in the middle of trouble.
    trouble = [("see", ("bank", ""), "down", 0.0), ("page", 0, "failed"), ("page", 0, "failed")]
    start = st.sampled_from([[], trouble]) if "down" in outcomes else st.just([])
    return st.builds(lambda a, b: [*a, *b], start, st.lists(st.one_of(kinds), min_size=15, max_size=80))


@dataclass
class Rows:
    """What the store would hold, in the real codec."""

    alerts: dict[str, tuple[str, str]] = field(default_factory=dict)
    incidents: dict[str, str] = field(default_factory=dict)
    pages: dict[str, tuple[str, str]] = field(default_factory=dict)
    last_incident: int = 0
    logs: dict[str, list[LogEntry]] = field(default_factory=lambda: defaultdict(list))

    def write(self, decisions: Sequence[Decision]) -> None:
        for decision in decisions:
            if line := line_of(decision):
                data = json.loads(json.dumps(line[1].data))
                self.logs[line[0]].append(replace(line[1], data=data))
            match decision:
                case AlertChanged(alert=alert):
                    self.alerts[alert.fingerprint] = str(alert.state), encode_alert(alert)
                case IncidentChanged(incident=incident):
                    self.incidents[incident.id] = encode_incident(incident)
                    self.last_incident = max(self.last_incident, number_of(incident.id))
                case PageQueued(page=page):
                    known = self.pages.get(page.id, ("held", ""))[0]
                    assert known == "held", "a page's id is never used again"
                    self.pages[page.id] = str(page.state), encode_page(page)
                case PageChanged(page=page_id, state=state):
                    self.pages[page_id] = str(state), self.pages[page_id][1]

    def restore(self, to: Engine, at: float) -> list[Decision]:
        incidents = [i for data in self.incidents.values() if not (i := decode_incident(data)).settled]
        unsettled = {i.id for i in incidents}
        alerts = [
            decode_alert(data)
            for state, data in self.alerts.values()
            if state in ("pending", "firing", "resolved")
        ]
        alerts = [a for a in alerts if a.state in ("pending", "firing") or a.incident in unsettled]
        pages = [decode_page(data, state) for state, data in self.pages.values()]
        pages = [p for p in pages if p.incident in unsettled]
        return to.restore(alerts, incidents, pages, {}, self.last_incident, at, self.logs)


@dataclass
class Life:
    """An engine, its store and its delivery. `heard` is what arrived at each address, by incident, in order."""

    plans: Sequence[Plan]
    restarts: bool = True
    at: float = 1_000_000.0
    rows: Rows = field(default_factory=Rows)
    decided: list[list[Decision]] = field(default_factory=list)
    lanes: dict[tuple[str, Address], list[Page]] = field(default_factory=lambda: defaultdict(list))
    heard: dict[tuple[str, Address], list[PageKind]] = field(default_factory=lambda: defaultdict(list))
    clears: dict[tuple[str, Address], list[Page]] = field(default_factory=lambda: defaultdict(list))
    fates: list[tuple[str, str]] = field(default_factory=list)
    """What became of which page, in order."""
    plan: Plan = field(init=False)
    engine: Engine = field(init=False)

    def __post_init__(self) -> None:
        self.plan = self.plans[0]
        self.engine = Engine(self.plan, DETECTORS, self.at)

    def live(self, ops: Sequence[Op]) -> Life:
        for op in ops:
            self.do(*op)
        return self

    def do(self, what: str, *rest: Any) -> None:
        match what, *rest:
            case "see", (check, series), outcome, value:
                self.see(check, series, outcome, value)
            case "wait", float(seconds):
                self.at += seconds
                self.feed(Ticked())
            case "step", float(by):
                self.at += by
                self.feed(ClockStepped(by))
            case "page", int(n), str(fate):
                self.post(n, fate)
            case "ack", int(n):
                if ids := sorted(self.engine.state.incidents):
                    self.feed(Acknowledged(ids[n % len(ids)], "li"))
            case "resolve", int(n):
                if ids := sorted(self.engine.state.incidents):
                    self.feed(ResolvedByHand(ids[n % len(ids)], "li"))
            case "plan", int(n):
                self.plan = self.plans[n]
                self.take(self.engine.replace_plan(self.plan, self.at))
            case "restart", *_:
                self.restart()

    def see(self, check: str, series: str, outcome: str, value: float) -> None:
        measured: dict[str, Value] = {"requests" if check == "orders" else "latency": value}
        known = Outcome(outcome) is not Outcome.UNKNOWN
        reading = Reading(
            Outcome(outcome), measured if known else {}, "", "", series, 70.0 if check == "orders" else 0.0
        )
        self.feed(Observed(Observation(check, self.at, reading)))

    def restart(self) -> None:
        if self.restarts:
            self.engine = Engine(self.plan, DETECTORS, self.at)
            self.take(self.rows.restore(self.engine, self.at))
        else:
            self.take([])

    def post(self, n: int, fate: str) -> None:
        """What becomes of the first page of one lane; those behind it wait."""
        lanes = [lane for lane in sorted(self.lanes) if self.lanes[lane]]
        if not lanes:
            return
        lane = lanes[n % len(lanes)]
        page = self.lanes[lane][0]
        self.fates.append((page.id, fate))
        if fate == "failing":
            self.feed(PageFailing(page.id, page.incident, "timeout"))
            return
        self.lanes[lane].pop(0)
        if fate == "failed":
            self.feed(Failed(page.id, page.incident, "550"))
            return
        carried = [self.engine.state.pages.get(id) for id in page.carries]
        for one in (page, *(p for p in carried if p is not None)):
            self.heard[one.incident, one.address].append(one.kind)
        self.feed(Delivered(page.id, page.incident, "250"))

    def feed(self, event: Event) -> None:
        self.take(self.engine.handle(event, self.at))

    def take(self, decisions: list[Decision]) -> None:
        self.decided.append(decisions)
        self.rows.write(decisions)
        for decision in decisions:
            match decision:
                case PageQueued(page=page, reason=reason):
                    if page.state is not PageState.HELD:
                        self.lanes[page.incident, page.address].append(page)
                    if page.kind.ends and reason != "together":
                        self.clears[page.incident, page.address].append(page)
                case PageChanged(page=page_id, incident=incident, state=PageState.CANCELLED):
                    for (owner, _), lane in self.lanes.items():
                        if owner == incident:
                            lane[:] = [p for p in lane if p.id != page_id]
                case _:
                    pass

    def end_well(self) -> None:
        """Everything is up, every page arrives, and time passes."""
        left = 9
        while left or any(self.lanes.values()) or self.engine.state.pages:
            left = max(0, left - 1)
            for check, series in sorted(self.engine.state.last_seen):
                self.see(check, series, "up", 60.0 if check == "orders" else 1.0)
            while any(self.lanes.values()):
                self.post(0, "delivered")
            self.do("wait", 10.0)
