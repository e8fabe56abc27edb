"""What is due because time passed, a slice at a time; and wide incidents, which are measured once a second."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.core.builders import Story, http_check, pages, plan, rule
from tests.core.people.crew import LI, WANG, Crew, paging
from tests.core.people.crew import plan as people_plan
from tests.core.turmoil import Life, Op, ops, plans
from watchtower.core.events import ClockStepped, Decision, IncidentChanged, Ticked
from watchtower.core.pipeline.agenda import Agenda
from watchtower.core.plan import Plan
from watchtower.core.plan.paging import EscalationStep
from watchtower.model import AlertState

PLANS = plans(10.0)


def wide(flows: int, severity: str = "P2", matrix: bool = True) -> Plan:
    """`flows` flows, a check each, one rule."""
    checks = [http_check(f"check-{n}", flow=f"flow-{n}") for n in range(flows)]
    down = rule("down", "outcome == 'down'", *checks, severity=severity).model_copy(update={"matrix": matrix})
    made = plan(checks, [down], remind_every=300, flows=tuple(f"flow-{n}" for n in range(flows)))
    priced = {
        name: flow.model_copy(update={"requests_per_minute": 60.0}) for name, flow in made.flows.items()
    }
    return replace(made, flows=priced)


def outage(flows: int, *, matrix: bool = True) -> tuple[Story, float]:
    """All of them fail within ten seconds, with a tick each; the processor time of an alert."""
    story = Story(wide(flows, matrix=matrix))
    begun = time.thread_time()
    for second in range(10):
        for n in range(second, flows, 10):
            story.down(f"check-{n}")
        story.wait(1).tick()
        story.deliver_all()
    return story, (time.thread_time() - begun) / flows


def test_an_alert_of_a_wide_outage_costs_about_what_one_of_a_narrow_one_does() -> None:
    few, many = outage(40)[1], outage(400)[1]
    assert many < 5 * few  # each alert looked at all others, twice: it was more than twenty times as much


def test_a_wide_outage_is_one_incident_with_all_its_flows() -> None:
    story, _ = outage(30)
    assert [i.id for i in story.engine.state.incidents.values()] == ["INC-1"]
    incident = story.engine.state.incidents["INC-1"]
    assert len(incident.flows) == 30
    assert len(story.engine.state.numbers["INC-1"].flows) == 30
    assert story.engine.late_at is None


def test_the_first_page_waits_for_nothing_and_a_level_for_a_second_at_most() -> None:
    story = Story(wide(30))
    assert pages(story.down("check-0"))[0].startswith("new ")
    for n in range(1, 30):
        story.down(f"check-{n}")
    assert story.engine.late_at is not None
    assert story.engine.late_at <= story.at + 1.0
    story.wait(1).tick()
    worst = story.engine.state.incidents["INC-1"].severity
    story.wait(5).tick()
    assert story.engine.state.incidents["INC-1"].severity is worst


def test_a_person_is_answered_at_once_in_a_wide_outage() -> None:
    story, _ = outage(30)
    assert any(isinstance(d, IncidentChanged) and d.reason == "acknowledged" for d in story.ack())


@pytest.mark.parametrize("at_most", [1.0, 25.0])
def test_slices_do_together_what_one_tick_does(at_most: float) -> None:
    """Everybody is told the same, in slices that end soon after their bound."""

    def said(bound: float) -> tuple[list[str], int]:
        story, longest = outage(40, matrix=False)[0], 0
        for _ in range(70):
            story.wait(10)
            for n in range(40):
                story.down(f"check-{n}")
            more = True
            while more:
                longest = max(longest, len(story.feed(Ticked(bound))))
                more = story.engine.behind
            story.deliver_all()
        return sorted(pages(story.decisions)), longest

    whole, sliced = said(float("inf")), said(at_most)
    assert sliced[0] == whole[0]
    assert sliced[1] < at_most + 30 < whole[1]


def test_a_slice_that_is_behind_says_so_and_the_rest_is_not_forgotten() -> None:
    story = outage(50, matrix=False)[0]
    story.wait(400)
    first = story.feed(Ticked(1.0))
    assert story.engine.behind
    told = pages(first)
    while story.engine.behind:
        told += pages(story.feed(Ticked(50.0)))
    assert len([page for page in told if page.startswith("reminder")]) == 50


@pytest.mark.parametrize("by", [-3600.0, 3600.0])
def test_a_clock_that_was_set_keeps_nobody_waiting_and_hurries_nobody(by: float) -> None:
    """Reminders of P1 come five minutes after the last word, by the time that people lived through."""
    story = Story(plan([http_check()], [rule("down", "outcome == 'down'", http_check())], remind_every=300))
    story.down("bank")
    story.deliver_all()
    story.wait(100).tick()
    story.at += by
    story.feed(ClockStepped(by))
    story.wait(190).down("bank")
    assert pages(story.tick()) == []
    assert pages(story.wait(15).tick()) == ["reminder P1 li sms", "reminder P1 li email"]


@given(
    st.lists(
        st.tuples(st.sampled_from(["put", "drop", "take"]), st.integers(0, 5), st.integers(0, 20)),
        max_size=60,
    )
)
def test_an_agenda_gives_what_is_due_the_earliest_first(doings: list[tuple[str, int, int]]) -> None:
    agenda, model = Agenda[int](), dict[int, float]()
    for what, key, at in doings:
        if what == "put":
            agenda.put(key, float(at))
            model[key] = min(model.get(key, 99.0), float(at))
        elif what == "drop":
            agenda.drop(key)
            model.pop(key, None)
        else:
            due = [one for one in model if model[one] <= at]
            taken = agenda.take(float(at))
            assert (taken is None) is (not due)
            if taken is not None:
                assert model[taken] == min(model[one] for one in due)
                del model[taken]
        assert agenda.first == min(model.values(), default=None)


@given(ops())
def test_what_is_kept_beside_the_alerts_agrees_with_them(life: list[Op]) -> None:
    lived = Life(PLANS)
    for op in life:
        lived.do(*op)
        state = lived.engine.state
        for incident in state.incidents:
            firing = state.alerts_of(incident, AlertState.FIRING)
            assert state.alerts.fires(incident) is bool(firing)
            flows = {c.flow_of(a.series) if (c := lived.plan.checks.get(a.check)) else "" for a in firing}
            assert all(
                state.alerts.fires(incident, flow) is (flow in flows) for flow in ("", "checkout", "refund")
            )
        known = {s for check in lived.plan.checks for s in state.sources.of_check(check)}
        assert known == set(state.last_seen)


@given(ops())
def test_a_life_in_slices_hears_what_a_life_in_whole_ticks_hears(life: list[Op]) -> None:
    """Each address gets the same pages, whatever one turn may do."""

    class Sliced(Life):
        def feed(self, event: object) -> None:
            if not isinstance(event, Ticked):
                super().feed(event)  # type: ignore[arg-type]
                return
            while True:
                super().feed(Ticked(40.0))
                if not self.engine.behind:
                    return

    whole, sliced = Life(PLANS).live(life), Sliced(PLANS).live(life)
    # Of a reminder and a new page that one address gets in one second, a slice may send the other first: then another page
    # was delivered or failed, and it is another life.
    assume(whole.fates == sliced.fates)

    def told(of: Life) -> list[str]:
        out: list[Decision] = [d for step in of.decided for d in step]
        return sorted(pages(out))

    assert told(whole) == told(sliced)


def test_a_step_of_escalation_is_taken_in_the_second_in_which_it_is_due() -> None:
    """Incidents to which nothing happens are looked at every five seconds; what is due waits for none of them."""
    steps = (EscalationStep(after=303.0, roles=("backup",)),)
    crew = Crew(people_plan(LI, WANG, at=paging(escalate=steps)))
    crew.break_down()
    began = crew.at
    while not any("wang" in page for page in pages(crew.wait(1).tick())):
        assert crew.at < began + 310.0
    assert crew.at - began <= 304.0
