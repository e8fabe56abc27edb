"""A phone rings for what asks somebody to act; who is told another way as well is not called for the rest."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.builders import EMAIL, Story, http_check, plan, policy, rule
from tests.core.notify.test_budgets import bad_for, kinds
from watchtower.core.events import PageQueued
from watchtower.core.notify.pages import PageRequest, page
from watchtower.core.plan import Plan
from watchtower.core.plan.paging import Responder
from watchtower.core.state import Step
from watchtower.model import Severity
from watchtower.page_kinds import PageKind
from watchtower.texts.reasons import ASKING, PageReason

CALL = "voice"
LI = Responder(name="li", role="oncall", addresses={CALL: "+8613800000000", EMAIL: "li@example.com"})
ONLY_CALLED = Responder(name="li", role="oncall", addresses={CALL: "+8613800000000"})
WU = Responder(name="wu", role="product", addresses={CALL: "+8613800000001", EMAIL: "wu@example.com"})


def calling(*people: Responder, **given: object) -> Plan:
    check = http_check("c0", no_data_after=1e9)
    made = plan([check], [rule("down", 'outcome == "down"', check, severity="P0")], people)
    loud = policy(CALL, EMAIL, level=Severity.P0, **given)
    return replace(made, paging={**made.paging, Severity.P0: loud})


def test_a_p0_rings_and_rings_again_and_its_end_comes_by_mail() -> None:
    story = Story(calling(LI))
    bad_for(story, 900)
    assert kinds(story.decisions, CALL) == ["new", "reminder", "reminder", "reminder"]
    assert kinds(story.decisions, EMAIL)[-1] == "resolved"
    assert [d.detail for d in story.decisions if d.reason == "not_by_call"] == ["li by voice"]


def test_who_can_only_be_called_hears_the_end_too() -> None:
    story = Story(calling(ONLY_CALLED))
    bad_for(story, 60)
    assert kinds(story.decisions, CALL) == ["new", "resolved"]


def test_an_incident_that_ends_while_the_call_is_made_ends_by_mail_alone() -> None:
    story = Story(calling(LI))
    story.down("c0")
    story.up("c0")
    for _ in range(200):
        story.wait(60).tick()
    story.deliver_all()
    for _ in range(200):
        story.wait(60).tick()
    assert kinds(story.decisions, CALL) == ["new"] + ["reminder"] * (len(kinds(story.decisions, CALL)) - 1)
    assert "resolved" in kinds(story.decisions, EMAIL)


def test_nobody_is_called_to_be_informed() -> None:
    story = Story(calling(LI, WU, inform_urgently=("product",)))
    bad_for(story, 60)
    assert kinds(story.decisions, CALL, "wu") == []
    assert kinds(story.decisions, EMAIL, "wu")[0] == "new"


@pytest.mark.parametrize("reason", ["next_warning", "recurred", "approval_needed", "got_worse", "users_back"])
def test_an_update_rings_where_it_asks_for_something(reason: str) -> None:
    story = Story(calling(LI))
    story.down("c0")
    step = Step(story.engine.plan, story.engine.state, story.at)
    request = PageRequest(PageKind.UPDATE, PageReason(reason))
    page(step, story.engine.state.incidents["INC-1"], request, [("li", CALL), ("li", EMAIL)])
    rang = {one.page.channel for one in step.decisions if isinstance(one, PageQueued)} == {CALL, EMAIL}
    assert rang == (PageReason(reason) in ASKING)
