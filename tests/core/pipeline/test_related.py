"""What holds when incidents join and absorb each other, whatever happens."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.builders import LI, WANG, Story, http_check, plan, rule
from tests.core.severity.numbers import Case
from tests.core.turmoil import Life, Op, ops
from watchtower.core.events import Decision, IncidentChanged, Observed, PageQueued, Ticked
from watchtower.core.incident.alerts import Alert
from watchtower.core.incident.incidents import PENDING
from watchtower.core.pipeline.engine import Engine
from watchtower.core.pipeline.related_incidents import _why, below_of, related
from watchtower.core.plan import Plan
from watchtower.core.plan.flows import Flow
from watchtower.core.plan.storm import StormPolicy
from watchtower.core.state import Step
from watchtower.detectors import DETECTORS
from watchtower.model import AlertState, Observation, Outcome, Reading, Severity, Text
from watchtower.page_kinds import PageKind

turmoil = settings(max_examples=30, deadline=None, derandomize=True)


def linked(every: float, *, matrix: bool = False, reopen: float = 0.0) -> Plan:
    """`checkout` and `refund` stand on the check bank; what the life calls orders and disk are their checks."""
    checks = [
        http_check("bank").model_copy(update={"every": every}),
        http_check("web", flow="checkout").model_copy(update={"every": every}),
        http_check("orders", flow="refund").model_copy(update={"every": every}),
        http_check("disk").model_copy(update={"every": every}),
    ]
    severities = {"bank": "P3", "web": "P2", "orders": "P2", "disk": "P3"}
    rules = [
        rule(f"{c.name}-down", "outcome == 'down'", c, severity=severities[c.name]).model_copy(update={"matrix": matrix and bool(c.flow)})
        for c in checks
    ]  # fmt: skip
    made = plan(checks, rules, [LI, WANG], 60, ("checkout", "refund"))
    flows = {name: flow.model_copy(update={"depends_on": ("bank",)}) for name, flow in made.flows.items()}
    return replace(made, flows=flows, incident=made.incident.model_copy(update={"reopen_within": reopen}))


KINDS = [linked(1e7), linked(1e7, matrix=True, reopen=3600.0), linked(1e7, reopen=60.0)]


@pytest.mark.parametrize("here", KINDS, ids=["fixed", "matrix", "reopened"])
def test_whatever_happens_nobody_is_left_without_an_end(here: Plan) -> None:
    @turmoil
    @given(ops(reloads=False))
    def holds(life: list[Op]) -> None:
        it = Life([here]).live(life)
        it.end_well()
        for _ in range(16):
            for check, series in sorted(it.engine.state.last_seen):
                it.see(check, series, "up", 1.0)
            while any(it.lanes.values()):
                it.post(0, "delivered")
            it.do("wait", 600.0)
        state = it.engine.state
        assert (state.alerts, state.incidents, state.pages) == ({}, {}, {})
        into = {
            d.incident.id: d.incident.merged_into
            for some in it.decided for d in some if isinstance(d, IncidentChanged)
        }  # fmt: skip
        for (incident, address), kinds in it.heard.items():
            last = incident
            while into.get(last):
                last = into[last]
            if any(not kind.ends for kind in kinds):
                # What fails at one address goes to the next of the same person.
                ends = [page for to, sent in it.clears.items() for page in sent if to[0] == last]
                assert any(page.responder == address[0] for page in ends), (incident, last, address)

    holds()


@pytest.mark.parametrize("here", KINDS, ids=["fixed", "matrix", "reopened"])
def test_at_every_moment_what_fires_belongs_to_an_open_incident(here: Plan) -> None:
    @turmoil
    @given(ops(reloads=False))
    def holds(life: list[Op]) -> None:
        it = Life([here])
        worst: dict[str, Severity] = {}
        for op in life:
            it.do(*op)
            state = it.engine.state
            assert all(
                state.incidents[a.incident].open
                for a in state.alerts.values() if a.state is AlertState.FIRING
            )  # fmt: skip
            assert all(
                page.state in PENDING and page.incident in state.incidents for page in state.pages.values()
            )
            for incident in state.incidents.values():
                assert not (before := worst.get(incident.id)) or not before.worse_than(incident.record)
                worst[incident.id] = incident.record
                assert not (incident.open and incident.merged_into)

    holds()


def test_what_fails_later_has_nothing_to_do_with_a_flow_that_does_not_need_it() -> None:
    alone = http_check("alone", flow="alone")
    made = linked(1e7, matrix=True)
    own = rule("alone-down", "outcome == 'down'", alone, severity="P2").model_copy(update={"matrix": True})
    made = replace(
        made, checks={**made.checks, "alone": alone}, rules={**made.rules, own.name: own},
        flows={**made.flows, "alone": Flow(name="alone", title=Text("Alone", "独立"))},
    )  # fmt: skip
    story = Story(made)
    story.down("alone")
    story.wait(3600).down("bank")
    assert [incident.flows for incident in story.engine.state.incidents.values()] == [("alone",), ()]


def test_a_warning_about_a_dependency_has_an_incident_of_its_own() -> None:
    """Whoever acknowledges an expiring certificate acknowledges no outage."""
    made = linked(1e7, matrix=True)
    warns = made.rules["bank-down"].model_copy(update={"escalate_after": 3600.0})
    story = Story(replace(made, rules={**made.rules, "bank-down": warns}))
    story.down("web")
    story.wait(5).down("bank")
    assert [incident.flows for incident in story.engine.state.incidents.values()] == [("checkout",), ()]


def test_a_fixed_severity_does_not_join_what_began_at_the_same_time() -> None:
    made = linked(1e7, matrix=True)
    alone = http_check("alone", flow="alone")
    own = rule("alone-down", "outcome == 'down'", alone, severity="P2")
    story = Story(replace(
        made, checks={**made.checks, "alone": alone}, rules={**made.rules, own.name: own},
        flows={**made.flows, "alone": Flow(name="alone", title=Text("Alone", "独立"))},
    ))  # fmt: skip
    story.down("web")
    story.wait(5).down("alone")
    assert [incident.flows for incident in story.engine.state.incidents.values()] == [
        ("checkout",),
        ("alone",),
    ]


def test_two_flows_that_need_nothing_in_common_stay_apart() -> None:
    made = linked(1e7)
    story = Story(replace(made, flows={
        **made.flows, "refund": made.flows["refund"].model_copy(update={"depends_on": ("disk",)})
    }))  # fmt: skip
    story.down("web")
    story.wait(5).down("orders")
    assert [incident.flows for incident in story.engine.state.incidents.values()] == [
        ("checkout",),
        ("refund",),
    ]


def test_the_same_flow_is_a_better_reason_than_what_it_needs() -> None:
    """The rest in the order of the words."""
    case = Case(linked(1e7, matrix=True))
    step, mine, bank = Step(case.plan, case.state, 0.0), {"bank"}, frozenset({"bank"})
    one = replace(case.incident, flows=("checkout",))
    found = [
        _why(step, one, "checkout", set(), bank, set(), 0.0, True),
        _why(step, one, "refund", set(), bank, {"INC-1"}, 0.0, True),
        _why(step, one, "", mine, frozenset(), set(), 0.0, True),
        _why(step, one, "refund", set(), bank, set(), 0.0, True),
        _why(step, one, "refund", set(), frozenset(), set(), 0.0, True),
    ]
    words = [
        "alert_added",
        "explained_by_dependency",
        "dependency_found",
        "shares_dependency",
        "began_together",
    ]
    assert found == list(enumerate(words))
    assert _why(step, one, "refund", set(), frozenset(), set(), 0.0, False) is None
    assert _why(step, one, "refund", set(), bank, set(), 301.0, True) is None


def test_without_a_time_for_it_nothing_is_reopened() -> None:
    story = Story(linked(1e7, reopen=0.0))
    for see in (story.down, story.up, story.down):
        see("disk")
    assert [incident.open for incident in story.engine.state.incidents.values()] == [False, True]


@turmoil
@given(ops(reloads=False), st.integers(0, 60))
def test_a_restart_changes_no_decision_of_what_is_linked(life: list[Op], moment: int) -> None:
    life = [op for op in life if op[0] not in ("restart", "step")]
    life.insert(min(moment, len(life)), ("restart",))
    # What each person was sent just now is not remembered: at worst a page comes ten seconds too early.
    here = [replace(linked(1e7, reopen=3600.0), storm=StormPolicy(window=0.0))]
    one, other = Life(here, restarts=True), Life(here, restarts=False)
    for op in life:
        one.do(*op)
        other.do(*op)
        told = [
            [_without_now(d) for some in it.decided[-1:] for d in some if d.reason != "impact.measured"]
            for it in (one, other)
        ]
        assert told[0] == told[1], op


def _without_now(decision: Decision) -> Decision:
    """How a check is now is not known after a restart until its next poll, and is left out of a page until then."""
    if not isinstance(decision, PageQueued):
        return decision
    message = decision.page.message
    because = tuple(replace(one, now=Text("", "")) for one in message.because)
    return replace(decision, page=replace(decision.page, message=replace(message, because=because)))


def test_two_that_stand_on_it_are_absorbed_and_everybody_hears_in_which_they_go_on() -> None:
    it = Life([linked(1e7)])
    for check in ("web", "orders"):
        it.see(check, "", "down", 0.0)
        it.do("wait", 5.0)
        it.at += 600.0
    it.see("bank", "", "down", 0.0)
    state = it.engine.state
    assert state.incidents["INC-2"].merged_into == "INC-1"
    assert {a.incident for a in state.alerts.values()} == {"INC-1"}
    notes = [
        page.message.note for lanes in it.lanes.values() for page in lanes if page.kind is PageKind.UPDATE
    ]
    assert (
        Text("INC-2 goes on as INC-1: what it depends on fails", "INC-2 并入 INC-1：其依赖发生故障") in notes
    )


@pytest.mark.parametrize(
    ("many", "en", "zh"),
    [
        (100, "INC-2, INC-3, INC-4 and 96 more", "INC-2、INC-3、INC-4 等 99 个事件"),
        (4, "INC-2, INC-3, INC-4", "INC-2、INC-3、INC-4"),
    ],
)
def test_a_storm_of_incidents_goes_on_as_one_and_tells_it_once(many: int, en: str, zh: str) -> None:
    bank = http_check("bank")
    checks = [http_check(f"c{n}", flow=f"f{n}") for n in range(many)]
    rules = [
        rule("down", "outcome == 'down'", *checks, severity="P2"),
        rule("bank-down", "outcome == 'down'", bank),
    ]
    made = plan([*checks, bank], rules, [LI], 0, [f"f{n}" for n in range(many)])
    flows = {name: flow.model_copy(update={"depends_on": ("bank",)}) for name, flow in made.flows.items()}
    made = replace(made, flows=flows, incident=made.incident.model_copy(update={"together": 1.0}))
    engine = Engine(made, DETECTORS, 1e6)
    for n, check in enumerate([*checks, bank]):
        decided = engine.handle(
            Observed(Observation(check.name, 1e6 + 2 * n, Reading(Outcome.DOWN))), 1e6 + 2 * n
        )
    assert len([d for d in decided if isinstance(d, IncidentChanged) and d.reason == "merged_into"]) == min(
        20, many - 1
    )
    while (
        engine.state.merging
    ):  # no event takes over a hundred: the rest in the next turns, and nobody hears of it again
        assert engine.late_at == 0.0
        decided = [*decided, *engine.handle(Ticked(200.0), 1e6 + 202)]
    assert [incident.id for incident in engine.state.incidents.values() if incident.open] == ["INC-1"]
    updates = [d.page for d in decided if isinstance(d, PageQueued) and d.page.kind is PageKind.UPDATE]
    assert {page.message.note for page in updates} == {
        Text(
            f"{en} go on as INC-1: what it depends on fails",
            f"{zh} 并入 INC-1：其依赖发生故障",
        )
    }
    assert len(updates) == len({page.address for page in updates})


def test_below_is_everything_beneath_and_a_ring_ends() -> None:
    made = linked(10.0)
    flows = {
        "a": Flow(name="a", title=Text("a", "a"), depends_on=("b",)),
        "b": Flow(name="b", title=Text("b", "b"), depends_on=("c", "a")),
    }
    assert below_of(replace(made, flows=flows), "a") == {"a", "b", "c"}


@turmoil
@given(ops(reloads=False))
def test_what_is_found_by_its_flows_is_what_a_walk_over_all_would_find(life: list[Op]) -> None:
    it = Life([KINDS[1]])
    for op in life:
        it.do(*op)
        here = it.engine.state.incidents
        for flow in ("checkout", "refund"):
            assert {i.id for i in here.of_flows([flow])} == {i.id for i in here.values() if flow in i.flows}
        assert {i.id for i in here.standing_on(["bank"])} == {
            i.id for i in here.values() if i.open and i.flows
        }
        assert {i.id for i in here.matrix} == {i.id for i in here.values() if i.open and i.matrix}
        for check in ("bank", "web"):
            alerts = it.engine.state.alerts
            assert alerts.of_check(check) == [a for a in alerts.values() if a.check == check]


def test_a_page_of_before_a_relapse_that_fails_after_it_gets_an_id_of_its_own() -> None:
    """An outbox takes no second page of one id: it would be lost."""
    it = Life([linked(1e7, reopen=3600.0)])
    disk = ("disk", "")
    for op in (("see", disk, "down", 0.0), ("page", 0, "failed"), ("page", 0, "failed")):
        it.do(*op)  # by li's mail and SMS in vain; wang is being asked
    for op in (("see", disk, "up", 0.0), ("see", disk, "down", 0.0)):
        it.do(*op)
    (late,) = [lane for lane, pages in it.lanes.items() if pages and lane[1][0] == "wang"]
    it.do("page", [lane for lane in sorted(it.lanes) if it.lanes[lane]].index(late), "failed")
    assert len(it.rows.pages) == 5


@pytest.mark.parametrize(("matrix", "joins"), [(True, True), (False, False)])
def test_only_the_matrix_joins_an_incident_that_took_its_flow_over(matrix: bool, joins: bool) -> None:
    """A fixed severity without dependencies has an incident of its own, as its rule says."""
    case = Case(linked(1e7, matrix=matrix))
    flows = {name: flow.model_copy(update={"depends_on": ()}) for name, flow in case.plan.flows.items()}
    flows["other"] = Flow(name="other", title=Text("other", "其他"), depends_on=("disk",))
    plan = replace(case.plan, flows=flows)
    case.state.incidents["INC-1"] = replace(case.incident, flows=("checkout", "refund"))
    alert = Alert("orders-down", "orders", "", AlertState.FIRING, Severity.P2)
    found = related(Step(plan, case.state, 60.0), alert, "refund", 0.0)
    assert (found is not None) is joins


@pytest.mark.parametrize(("onset", "joins"), [(300.0, True), (300.1, False), (-300.0, True)])
def test_what_began_within_five_minutes_began_together(onset: float, joins: bool) -> None:
    case = Case(linked(1e7, matrix=True))
    incident = replace(case.incident, flows=("checkout",))
    step = Step(case.plan, case.state, 400.0)
    found = _why(step, incident, "refund", set(), frozenset(), set(), onset, True)
    assert (found is not None) is joins
