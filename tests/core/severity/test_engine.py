"""The levels of incidents in the engine itself: random lives of two flows, and restarts from the log alone."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.builders import Story, http_check, plan, rule, traffic_check
from watchtower.core.events import ActionRequest, Decision, IncidentChanged, PageQueued, Refused
from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.history import project
from watchtower.core.incident.incidents import Incident
from watchtower.core.incident.log import line_of
from watchtower.core.pipeline.engine import Engine
from watchtower.core.plan import Plan
from watchtower.core.plan.incident import IncidentPolicy
from watchtower.detectors import DETECTORS
from watchtower.model import Severity
from watchtower.page_kinds import PageKind


def matrix_plan() -> Plan:
    orders, web = traffic_check("orders", "checkout"), http_check("web", "refund")
    silent = rule("silent", "traffic.silent", orders, severity="P2").model_copy(update={"matrix": True})
    down = rule("down", 'outcome == "down"', web, severity="P2").model_copy(update={"matrix": True})
    slow = rule("slow", "latency > 1.0", web, severity="P3")
    made = plan([orders, web], [silent, down, slow], flows=("checkout", "refund"))
    return replace(made, incident=IncidentPolicy(reopen_within=3600.0))


class Life:
    """Feeds the engine at random and looks at every incident after every event."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.story = Story(matrix_plan())
        self.busy, self.web = True, "up"
        self.logs: dict[str, list[LogEntry]] = {}
        self.records: dict[str, Severity] = {}
        self.before: dict[str, Incident] = {}

    def turn(self) -> None:
        chance, story = self.chance, self.story
        story.wait(chance.choice([10.0, 10.0, 10.0, 60.0]))
        if chance.random() < 0.05:
            self.busy = not self.busy
        if chance.random() < 0.05:
            self.web = chance.choice(["up", "up", "down", "unknown"])
        if chance.random() < 0.9:
            count = float(chance.randrange(300, 400)) if self.busy else 0.0
            self.look(
                story.up("orders", requests=count) if chance.random() < 0.9 else story.cannot_tell("orders")
            )
        latency = {} if self.web == "unknown" else {"latency": chance.choice([0.1, 2.0])}
        self.look(story.see("web", self.web, **latency))
        self.look(story.tick())
        if chance.random() < 0.1:
            self.look(self.person())
        if chance.random() < 0.3:
            before = len(story.decisions)
            story.deliver_all()
            self.look(story.decisions[before:])

    def person(self) -> list[Decision]:
        chance = self.chance
        found = list(self.story.engine.state.incidents)
        if not found:
            return []
        action, data = chance.choice(_DEEDS)
        given = {
            name: chance.choice(value) if isinstance(value, list) else value for name, value in data.items()
        }
        incident, who = chance.choice(found), chance.choice(["li", "wang"])
        seen = self.story.engine.state.numbers.get(incident)
        before = self.story.engine.state.incidents[incident].severity
        out = self.story.feed(ActionRequest(incident, action, who, "test", given))
        assert all(d.detail for d in out if isinstance(d, Refused))
        after = self.story.engine.state.incidents.get(incident)
        if after is not None and seen is not None and not seen.seen:
            assert not before.worse_than(after.severity), "nobody lowers it blind"
        return out

    def look(self, decisions: list[Decision]) -> None:
        for decision in decisions:
            line = line_of(decision)
            if line is not None:
                entry = replace(line[1], data=json.loads(json.dumps(dict(line[1].data))))
                self.logs.setdefault(line[0], []).append(entry)
            if isinstance(decision, IncidentChanged):
                one = decision.incident
                assert not one.severity.worse_than(one.record), "the record is the worst there was"
        state = self.story.engine.state
        for id, incident in state.incidents.items():
            levels = state.histories[id].severity
            record = self.records.get(id, incident.record)
            assert not record.worse_than(incident.record), "the record level never falls"
            self.records[id] = incident.record
            if incident.matrix and incident.open:
                assert levels.response is incident.severity
                before, numbers = self.before.get(id), state.numbers.get(id)
                if before is not None and before.matrix and before.severity.worse_than(incident.severity):
                    last = levels.changes[-1]
                    assert last.why == "lowered" or (last.why == "recurred" and not before.open)
                    assert last.reason in ("mitigated", "confirmed", "corrected") or last.by != "watchtower"
                    if last.reason == "mitigated":
                        assert numbers is not None
                        assert numbers.seen
            assert all(change.sentence.en and change.sentence.zh for change in levels.changes)
            self.before[id] = incident


_DEEDS: list[tuple[str, dict[str, Any]]] = [
    ("raise", {"severity": ["P0", "P1", "P2"], "reason": "x"}),
    ("lower", {"severity": ["P2", "P3", "P4"], "reason": "x"}),
    ("confirm", {}),
    ("correct", {"indicator": "affected_users", "value": ["1", "10"], "reason": "x", "evidence": "y"}),
    ("indicator", {"indicator": ["affected_users", "complaints"], "value": ["5", "20000"]}),
    ("indicator", {"indicator": "loss", "value": "20000 CNY"}),
    ("indicator", {"indicator": "data_breach", "value": ["yes", "no"]}),
]


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32))
def test_whatever_happens_levels_follow_their_rules_in_the_engine(seed: int) -> None:
    life = Life(seed)
    for _ in range(200):
        life.turn()
    state = life.story.engine.state
    for id, story in state.histories.items():
        assert project(life.logs[id]).severity == story.severity, "the log tells all of it"


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 2**32))
def test_a_restart_goes_on_at_the_same_levels(seed: int) -> None:
    life = Life(seed)
    for _ in range(120):
        life.turn()
    old = life.story.engine
    new = Engine(old.plan, DETECTORS, life.story.at)
    new.restore(
        list(old.state.alerts.values()), list(old.state.incidents.values()), list(old.state.pages.values()),
        old.detectors.snapshot() if hasattr(old.detectors, "snapshot") else {}, old.state.last_incident, life.story.at,
        {id: life.logs.get(id, []) for id in old.state.incidents},
    )  # fmt: skip
    for id, incident in old.state.incidents.items():
        assert new.state.histories[id].severity == old.state.histories[id].severity
        again = new.state.incidents[id]
        assert (again.severity, again.record) == (incident.severity, incident.record)


def test_a_page_says_why_it_is_at_its_level() -> None:
    story = Story(matrix_plan())
    for _ in range(200):
        story.wait(10.0).up("orders", requests=5.0)
    for _ in range(260):
        story.wait(10.0).up("orders", requests=0.0)
    pages = [d.page for d in story.decisions if isinstance(d, PageQueued)]
    told = [page.message for page in pages if page.kind in (PageKind.NEW, PageKind.UPGRADE)]
    assert {message.kind for message in told} == {PageKind.NEW, PageKind.UPGRADE}
    for message in told:
        assert message.why is not None
        assert message.why.en.startswith(f"{message.severity} because ")
        assert message.why.zh.startswith(f"{message.severity}：")


def test_a_page_of_a_fixed_severity_says_nothing_more() -> None:
    story = Story(matrix_plan())
    for _ in range(3):
        story.wait(10.0).up("web", latency=5.0)
    (page, *_) = [d.page for d in story.decisions if isinstance(d, PageQueued)]
    assert page.message.why is None


def test_an_incident_is_measured_and_graded_before_its_first_line_is_written() -> None:
    story = Story(matrix_plan())
    for _ in range(200):
        story.wait(10.0).up("orders", requests=500.0)
    while not (pages := [d.page for d in story.decisions if isinstance(d, PageQueued)]):
        story.wait(10.0).up("orders", requests=0.0)
    lines = [d for d in story.decisions if isinstance(d, IncidentChanged)]
    assert lines[0].reason == "opened"
    assert {(d.incident.severity, d.incident.record) for d in lines} == {(pages[0].message.severity,) * 2}
    kinds = [line[1].kind for d in story.decisions if (line := line_of(d)) is not None]
    assert kinds.index("opened") < kinds.index("severity.opened") < kinds.index("page_new")
    assert kinds.count("impact.measured") == 1, "one measurement, of which all that follows is made"
