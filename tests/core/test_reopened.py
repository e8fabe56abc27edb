"""Which incident an alert belongs to that comes soon after another one was over."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.builders import Story, http_check, plan, queued, rule
from watchtower.core.events import Acknowledged, Decision, IncidentChanged, PageChanged
from watchtower.core.incident.incidents import PageState
from watchtower.model import IncidentState
from watchtower.page_kinds import PageKind

FLOWS = {"bank": "", "web": "checkout", "app": "checkout", "refunds": "refund", "ledger": "refund"}
CHECKS = [
    http_check(name, flow=flow).model_copy(update={"no_data_after": 1e9}) for name, flow in FLOWS.items()
]


def story() -> Story:
    """Each of two flows is seen by two checks, and both stand on `bank`."""
    rules = [rule(f"{c.name}-down", "outcome == 'down'", c) for c in CHECKS]
    made = plan(CHECKS, rules, flows=("checkout", "refund"))
    flows = {name: flow.model_copy(update={"depends_on": ("bank",)}) for name, flow in made.flows.items()}
    return Story(replace(made, flows=flows))


def words(decisions: list[Decision]) -> list[str]:
    """`reopened INC-1` for each incident that began, went on or ended."""
    said = (
        "opened",
        "reopened",
        "alert_added",
        "merged_into",
        "explained_by_dependency",
        "dependency_found",
        "resolved",
    )
    return [
        f"{d.reason} {d.incident.id}"
        for d in decisions
        if isinstance(d, IncidentChanged) and d.reason in said
    ]


def over() -> Story:
    """The bank failed and took the checkout with it, as `web` saw; all is well again."""
    it = story()
    assert words([*it.down("bank"), *it.down("web")]) == ["opened INC-1", "explained_by_dependency INC-1"]
    it.deliver_all()
    it.wait(60)
    assert words([*it.up("bank"), *it.up("web")])[-1] == "resolved INC-1"
    it.deliver_all()
    return it


@pytest.mark.parametrize("check", ["bank", "web"])
def test_what_was_part_of_it_reopens_it(check: str) -> None:
    it = over()
    assert words(it.wait(600).down(check)) == ["reopened INC-1"]


def test_another_view_of_a_flow_that_was_part_of_it_reopens_it() -> None:
    it = over()
    assert words(it.wait(600).down("app")) == ["reopened INC-1"]


@pytest.mark.parametrize("check", ["bank", "web", "app"])
def test_what_comes_later_is_an_incident_of_its_own(check: str) -> None:
    it = over()
    it.wait(it.plan.incident.reopen_within).tick()
    assert words(it.down(check)) == ["opened INC-2"]


def test_what_went_on_in_another_comes_back_into_that_other() -> None:
    it = story()
    assert words(it.down("web")) == ["opened INC-1"]
    it.deliver_all()
    assert words(it.wait(600).down("refunds")) == ["opened INC-2"]
    it.deliver_all()
    found = it.wait(60).down("bank")
    assert words(found) == ["dependency_found INC-1", "merged_into INC-2"]
    home = it.engine.state.incidents["INC-1"]
    assert (home.flow, home.flows) == ("checkout", ("checkout", "refund")), "the bank has none of its own"
    said = {
        page.message.note.en for page in queued(found) if page.kind is PageKind.UPDATE and page.message.note
    }
    assert said == {
        "INC-2 goes on as INC-1: what it depends on fails",
        "what it depends on fails: bank-down (no answer in time), 2 flows need it",
    }
    it.deliver_all()
    for check in ("web", "refunds", "bank"):
        it.wait(10).up(check)
    it.deliver_all()
    assert it.engine.state.incidents["INC-1"].state is IncidentState.RESOLVED
    assert words(it.wait(60).down("ledger")) == ["reopened INC-1"]


def test_the_end_of_one_alert_is_not_the_end_of_the_incident() -> None:
    it = story()
    it.down("bank")
    it.down("web")
    incident, milestones = it.engine.state.incidents["INC-1"], it.engine.state.histories["INC-1"].milestones
    assert (milestones.opened_at, milestones.onset) == (it.at, incident.onset)
    assert milestones.detected_by == "bank-down on bank"
    it.wait(60).up("web")
    assert it.engine.state.histories["INC-1"].milestones.resolved_at is None
    it.wait(60).up("bank")
    assert it.engine.state.histories["INC-1"].milestones.resolved_at == it.at


def test_the_first_acknowledgement_is_a_milestone() -> None:
    it = story()
    it.down("bank")
    at = it.wait(60).at
    it.feed(Acknowledged("INC-1", "li"))
    it.wait(60).down("web")
    milestones = it.engine.state.histories["INC-1"].milestones
    assert (milestones.acknowledged_at, milestones.acknowledged_by) == (at, "li")


def test_an_all_clear_that_could_not_be_delivered_is_remembered() -> None:
    it = story()
    it.down("bank")
    it.deliver_all()
    for page in queued(it.wait(60).up("bank")):
        it.fail(page)
    told = it.engine.state.incidents["INC-1"].notified
    assert {known.resolved for known in told.values()} == {PageState.FAILED}


def test_an_alert_fired_at_the_moment_when_it_began_to_fire() -> None:
    it = story()
    it.down("bank")
    fired, key = it.at, ("bank-down", "bank", "")
    assert it.engine.state.alerts[key].fired_at == fired
    it.wait(60).down("bank")
    assert it.engine.state.alerts[key].fired_at == fired
    it.wait(60).up("bank")
    it.wait(600).down("bank")
    assert it.engine.state.alerts[key].fired_at == it.at


def test_whoever_has_not_heard_of_the_end_still_counts_as_told_that_it_fires() -> None:
    it = story()
    it.down("bank")
    it.deliver_all()
    it.wait(60).up("bank")
    again = it.wait(30).down("bank")  # the all-clear is still on its way
    gone = [d.state for d in again if isinstance(d, PageChanged)]
    assert gone == [PageState.CANCELLED, PageState.CANCELLED], "by SMS and by mail"
    told = it.engine.state.incidents["INC-1"].notified
    assert {(known.firing, known.resolved) for known in told.values()} == {(PageState.DELIVERED, None)}


def test_a_short_time_to_reopen_is_no_time_at_all_only_where_it_is_zero() -> None:
    for within, said in ((1.0, "reopened INC-1"), (0.0, "opened INC-2")):
        it = story()
        policy = it.plan.incident.model_copy(update={"reopen_within": within})
        it = Story(replace(it.plan, incident=policy))
        it.down("bank")
        it.wait(60).up("bank")
        assert words(it.wait(0.5).down("bank")) == [said]
