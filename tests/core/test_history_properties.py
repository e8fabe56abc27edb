"""What holds of every incident's story, whatever happens: random lives with traffic that the matrix grades, all that
people can do, restarts, and configuration of a team that uses everything."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from watchtower.brief.explain_severity import account
from watchtower.config.load import load
from watchtower.core.actions.action import Field, FieldKind
from watchtower.core.events import (
    ActionRequest,
    Decision,
    Event,
    IncidentChanged,
    Logged,
    Observed,
    Refused,
    Ticked,
)
from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.history import History, project
from watchtower.core.incident.log import line_of
from watchtower.core.pipeline.engine import Engine
from watchtower.core.pipeline.features import ACTIONS
from watchtower.core.plan import Plan
from watchtower.core.severity.history import CHANGED
from watchtower.detectors import DETECTORS
from watchtower.model import AlertState, IncidentState, Observation, Outcome, Reading, Severity
from watchtower.replay import Replay, World

TEAM = Path(__file__).parents[2] / "docs" / "examples" / "team"
START = 1_767_607_200.0  # 2026-01-05T10:00:00Z
DAY = 86400.0
Op = tuple[Any, ...]
PEOPLE = ("li", "wang", "zhao", "chen", "anna")


@cache
def team() -> Plan:
    return load(TEAM / "rules.toml", TEAM / "checks", {}).plan


@cache
def learnt() -> Mapping[Any, Mapping[str, Any]]:
    """Two days of even traffic."""
    learner = Replay(replace(team(), rules={}, responders={}), START - 2 * DAY, tick_every=DAY)
    at = START - 2 * DAY
    while at < START:
        at += 60.0
        for check, requests in (("checkout-requests", 600.0), ("refund-requests", 120.0)):
            reading = Reading(Outcome.UP, {"requests": requests}, covers=60.0)
            learner.feed(Observation(check, at, reading))
    return learner.engine.detectors.changed()


FITTING: Mapping[str, Sequence[Any]] = {
    "role": ("commander", "deputy", "pr", "scribe", "product"),
    "who": PEOPLE,
    "to": PEOPLE,
    "owner": PEOPLE,
    "indicator": ("loss", "affected_users", "data_breach", "complaints"),
    "value": ("yes", "no", "0", "120", "2000000 CNY", "12 CNY"),
    "step": ("1", "2", "3", "6"),
    "item": (1, 2, 3),
    "plan": ("standby-bank",),
    "clock": ("mitigate", "status", "resolve", "call"),
    "duty": ("pboc.report",),
}
"""What some fields ask for; else hardly anything random would be accepted."""


def values(name: str, one: Field) -> st.SearchStrategy[Any]:
    if name in FITTING:
        return st.sampled_from(FITTING[name])
    match one.kind:
        case FieldKind.CHOICE:
            return st.sampled_from(one.choices)
        case FieldKind.SEVERITY:
            return st.sampled_from([str(level) for level in Severity])
        case FieldKind.NUMBER:
            return st.sampled_from([0, 1, 2, 3, 7, 30, 1200, -1])
        case FieldKind.BOOL:
            return st.booleans()
        case FieldKind.AMOUNT:
            return st.sampled_from(["0 CNY", "1200.50 CNY", "5000000 CNY", "3 USD"])
        case FieldKind.INSTANT:
            return st.sampled_from([START + 600, START + 7200, START + 3 * DAY])
        case FieldKind.TEXT:
            words = [*PEOPLE, "commander", "product", "loss", "affected_users", "data_breach", "complaints",
                     "yes", "0", "120", "2000000 CNY", "certificate", "pboc.report", "30m", "回滚到 4.1"]  # fmt: skip
            return st.sampled_from(words)


def acts() -> st.SearchStrategy[Op]:
    """Something that somebody does to the first or second incident; often enough what cannot be done."""

    def of(name: str) -> st.SearchStrategy[Op]:
        given_ = {key: values(key, one) for key, one in ACTIONS[name].fields.items() if one.required}
        maybe = {key: values(key, one) for key, one in ACTIONS[name].fields.items() if not one.required}
        data = st.fixed_dictionaries(given_, optional=maybe)
        return st.tuples(
            st.just("do"), st.sampled_from([1, 1, 1, 2]), st.just(name), st.sampled_from(PEOPLE), data
        )

    return st.sampled_from(sorted(ACTIONS)).flatmap(of)


def lives() -> st.SearchStrategy[list[Op]]:
    flow = st.sampled_from(["checkout-requests", "refund-requests"])
    share = st.sampled_from([0.0, 0.0, 0.0, 0.5, 1.0, 1.0, None])
    traffic = st.tuples(st.just("traffic"), flow, share, st.sampled_from([3, 12, 40]))
    bank = st.tuples(st.just("bank"), st.sampled_from(["up", "down", "down", "unknown"]))
    wait = st.tuples(st.just("wait"), st.sampled_from([10.0, 60.0, 300.0, 1800.0, 7200.0]))
    who = st.tuples(st.just("ack"), st.sampled_from([1, 2]), st.sampled_from(PEOPLE))
    kinds = [traffic, traffic, bank, wait, who, acts(), acts(), acts(), st.just(("restart",))]
    bad = st.just([("traffic", "checkout-requests", 0.0, 6)])
    early = st.lists(acts(), min_size=2, max_size=5)
    return st.builds(
        lambda *parts: [op for part in parts for op in part],
        bad,
        early,
        st.lists(st.one_of(kinds), min_size=4, max_size=25),
    )


@dataclass
class Course:
    """An engine, its log as the store would give it back, and a world that delivers."""

    at: float = START
    log: dict[str, list[LogEntry]] = field(default_factory=lambda: defaultdict(list))
    decided: list[Decision] = field(default_factory=list)
    usual: dict[str, float] = field(
        default_factory=lambda: {"checkout-requests": 100.0, "refund-requests": 20.0}
    )
    saved: dict[str, Any] = field(default_factory=dict)
    level: dict[str, tuple[Severity, Severity, bool, IncidentState]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.engine = Engine(team(), DETECTORS, self.at)
        self.engine.restore((), (), (), learnt(), 0, self.at)
        self.detectors = dict(learnt())

    def live(self, ops: Sequence[Op]) -> Course:
        for op in ops:
            self.do(*op)
        return self

    def do(self, what: str, *rest: Any) -> None:
        match what, *rest:
            case "traffic", str(check), share, int(polls):
                for _ in range(polls):
                    self.at += 10.0
                    for name, usual in self.usual.items():
                        self.see(name, share if name == check else 1.0, usual)
            case "bank", str(outcome):
                for _ in range(3):
                    self.at += 10.0
                    self.feed(
                        Observed(
                            Observation("bank-gateway", self.at, Reading(Outcome(outcome), {}, "timeout"))
                        )
                    )
            case "wait", float(seconds):
                self.at += seconds
                self.feed(Ticked())
            case "ack", int(n), str(who):
                from watchtower.core.events import Acknowledged

                self.feed(Acknowledged(f"INC-{n}", who))
            case "do", int(n), str(action), str(who), data:
                before = dict(self.engine.state.histories)
                decisions = self.feed(ActionRequest(f"INC-{n}", action, who, "api", data))
                if any(isinstance(d, Refused) for d in decisions):
                    assert not any(isinstance(d, Logged) and d.entry.by == who for d in decisions), (
                        action,
                        data,
                    )
                    assert set(before) == set(self.engine.state.histories)
            case "restart", *_:
                self.restart()

    def see(self, check: str, share: float | None, usual: float) -> None:
        if share is None:
            reading = Reading(Outcome.UNKNOWN, reason="timeout")
        else:
            reading = Reading(Outcome.UP, {"requests": share * usual}, covers=10.0)
        self.feed(Observed(Observation(check, self.at, reading)))

    def restart(self) -> None:
        state = self.engine.state
        self.detectors |= self.engine.detectors.changed()
        alerts = [a for a in state.alerts.values() if a.state is not AlertState.INACTIVE]
        incidents, pages, last = (
            list(state.incidents.values()),
            list(state.pages.values()),
            state.last_incident,
        )
        self.engine = Engine(team(), DETECTORS, self.at)
        self.take(self.engine.restore(alerts, incidents, pages, self.detectors, last, self.at, self.log))

    def feed(self, event: Event) -> list[Decision]:
        decisions = self.engine.handle(event, self.at)
        self.take(decisions)
        waiting = list(World().at_once(decisions))
        while waiting:
            more = self.engine.handle(waiting.pop(0), self.at)
            self.take(more)
            waiting += World().at_once(more)
        self.looked(event)
        return decisions

    def take(self, decisions: Sequence[Decision]) -> None:
        self.decided += decisions
        for decision in decisions:
            if line := line_of(decision):
                data = json.loads(json.dumps(line[1].data))
                self.log[line[0]].append(replace(line[1], data=data))

    def looked(self, event: Event) -> None:
        """The levels, after every event."""
        for incident in self.engine.state.incidents.values():
            now = incident.severity, incident.record
            assert not now[0].worse_than(now[1]), "the record is the worst"
            before = self.level.get(incident.id)
            if before is not None:
                assert not before[1].worse_than(now[1]), "the record level never falls"
            found = self.engine.state.numbers.get(incident.id)
            blind = incident.matrix and found is not None and not found.seen
            if before is not None and blind and before[2] and incident.open:
                by_hand = isinstance(event, ActionRequest)
                assert by_hand or not before[0].worse_than(now[0]), (
                    "the response never falls while data are missing"
                )
            self.level[incident.id] = (*now, blind, incident.state)


lived = settings(
    max_examples=25, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip


def alike(live: History, folded: History) -> None:
    for one in fields(History):
        assert getattr(live, one.name) == getattr(folded, one.name), one.name


@lived
@given(lives())
def test_at_every_moment_the_log_tells_what_the_engine_holds(life: list[Op]) -> None:
    it = Course()
    for op in life:
        it.do(*op)
        for id, story in it.engine.state.histories.items():
            if id in it.engine.state.incidents:
                alike(story, project(it.log[id]))


@lived
@given(lives())
def test_every_change_of_level_is_explained_in_both_languages(life: list[Op]) -> None:
    it = Course().live(life)
    for id, log in it.log.items():
        for change in project(log).severity.changes:
            assert change.why in CHANGED
            for text in (change.sentence.en, change.sentence.zh):
                assert str(change.level) in text, (id, change)
    levels: dict[str, Severity] = {}
    for decision in it.decided:
        if isinstance(decision, IncidentChanged) and decision.incident.matrix:
            incident = decision.incident
            before = levels.get(incident.id)
            if before is not None and before is not incident.severity:
                last = [c for c in project(it.log[incident.id]).severity.changes if c.at <= decision.at]
                assert any(c.level is incident.severity for c in last), (
                    "no level without a line that says why"
                )
            levels[incident.id] = incident.severity


@lived
@given(lives())
def test_every_incident_can_be_explained_at_any_time(life: list[Op]) -> None:
    it = Course()
    for op in life:
        it.do(*op)
    for incident in it.engine.state.incidents.values():
        alerts = it.engine.state.alerts_of(incident.id, AlertState.FIRING)
        story = it.engine.state.histories[incident.id]
        told = account(team(), incident, story, alerts, it.log[incident.id], it.at)
        assert told.result.sentence.en
        assert told.result.sentence.zh
        if told.result.level is not None:
            assert told.result.decided
        for line in told.lines:
            assert set(line.thresholds) == set(team().severity.matrix.row(line.indicator))


@lived
@given(lives())
def test_the_same_life_leads_to_the_same_decisions(life: list[Op]) -> None:
    assert Course().live(life).decided == Course().live(life).decided


@lived
@given(lives())
def test_any_part_of_a_log_is_a_story(life: list[Op]) -> None:
    """Lines may be lost, or come from a version that we do not know: folding is total."""
    it = Course().live(life)
    for log in it.log.values():
        project(log[::2])
        project(log[1::2])
        project(reversed(log))
        project([replace(entry, data={}) for entry in log])
        project([replace(entry, data=dict.fromkeys(entry.data)) for entry in log])
        for odd in (lambda value: [value], lambda value: {"x": value}, lambda _: "7x", lambda _: 7):
            project([replace(e, data={key: odd(value) for key, value in e.data.items()}) for e in log])


@lived
@given(lives())
def test_the_incident_and_the_history_of_its_log_say_the_same(life: list[Op]) -> None:
    """What the engine acts by, and what its log says: after every operation."""
    it = Course()
    for op in life:
        it.do(*op)
        for id, incident in it.engine.state.incidents.items():
            told = it.engine.state.histories[id].milestones
            held = (str(incident.state), incident.severity, incident.record, incident.onset)
            assert (told.state, told.severity, told.record, told.onset) == held
