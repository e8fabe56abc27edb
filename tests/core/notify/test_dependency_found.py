"""Many flows fail with what they depend on: one incident, one page, and the cause as soon as it is found."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.builders import EMAIL, SMS, Story, http_check, plan, rule
from tests.core.notify.test_storms import letter, seconds, sent
from watchtower.channels.sms_text import compose
from watchtower.core.events import AlertChanged, IncidentChanged, PageQueued
from watchtower.core.incident.incidents import Notified, PageState
from watchtower.core.notify.routing import announce
from watchtower.core.notify.worse import dependency
from watchtower.core.plan import Plan
from watchtower.core.state import Step
from watchtower.model import Language, Text
from watchtower.page_kinds import PageKind

FLOWS = 35


def shop() -> Plan:
    bank = http_check("bank").model_copy(update={"title": Text("Bank gateway", "银行网关")})
    checks = [http_check(f"c{n}", flow=f"f{n}", no_data_after=86400.0) for n in range(FLOWS)]
    made = plan(
        [*checks, bank],
        [rule("down", 'outcome == "down"', *checks, bank)],
        flows=[f"f{n}" for n in range(FLOWS)],
    )
    flows = {name: flow.model_copy(update={"depends_on": ("bank",)}) for name, flow in made.flows.items()}
    return replace(made, flows=flows)


def mild() -> Plan:
    """The gateway by itself is a P2."""
    made = shop()
    flows = [check for name, check in made.checks.items() if name != "bank"]
    rules = [
        rule("down", 'outcome == "down"', *flows),
        rule("bank-down", 'outcome == "down"', made.checks["bank"], severity="P2"),
    ]
    return replace(made, rules={one.name: one for one in rules})


@pytest.mark.parametrize("bank_after", [0, 5, 34])
def test_all_flows_of_one_dependency_are_one_incident_and_its_cause_is_told_once(bank_after: int) -> None:
    story = Story(shop())
    for n in range(FLOWS):
        if n == bank_after:
            story.down("bank")
        story.down(f"c{n}")
        if n % 8 == 0:
            seconds(story, 1)
    seconds(story, 400)
    pages = sent(story)
    assert {page.incident for page in pages} == {"INC-1"}
    told = " ".join(compose(letter(page)) for page in pages)
    assert "Bank gateway" in told
    assert len(pages) <= 3


def test_the_cause_is_named_with_how_many_flows_need_it() -> None:
    story = Story(shop())
    story.down("c0")
    story.wait(1.0).down("bank")
    seconds(story, 30)
    update = [page for page in sent(story) if page.kind is PageKind.UPDATE][-1]
    assert update.channel == SMS
    said = "what it depends on fails: Bank gateway: down (no answer in time), 35 flows need it"
    assert said in compose(letter(update))
    assert "其依赖发生故障：银行网关：down（超时无响应），35 项业务依赖它" in compose(
        letter(update, Language.ZH)
    )


def test_it_comes_back_as_the_same_incident_and_says_again() -> None:
    story = Story(shop())
    for name in ("c0", "bank", "c1"):
        story.down(name)
        seconds(story, 1)
    for name in ("bank", "c0", "c1"):
        story.up(name)
    seconds(story, 60)
    before = len(sent(story))
    for name in ("bank", "c1", "c2"):
        story.wait(1.0).down(name)
    seconds(story, 10)
    first = sent(story)[before]
    assert (first.incident, first.message.again) == ("INC-1", True)
    assert {page.incident for page in sent(story)} == {"INC-1"}


def test_a_cause_that_is_found_in_the_same_second_wakes_nobody_twice() -> None:
    story = Story(shop())
    story.down("c0")
    story.wait(0.5).down("bank")
    assert [page.kind for page in sent(story)] == [PageKind.NEW]
    assert [page.kind for page in sent(story, EMAIL)] == [PageKind.NEW, PageKind.UPDATE]


def test_a_dependency_that_fails_first_is_told_with_the_flow_that_falls_with_it_and_delays_nothing() -> None:
    story = Story(mild())
    story.down("bank")
    assert sent(story) == []
    story.wait(2.0).down("c0")
    seconds(story, 30)
    [page] = sent(story)
    assert (page.kind, page.created_at) == (PageKind.NEW, 1_000_002.0)
    assert (str(page.message.severity), page.message.previous_severity) == ("P1", None)
    assert "Bank gateway" in compose(letter(page))


def test_a_dependency_alone_is_told_after_the_window_of_a_storm() -> None:
    story = Story(mild())
    story.down("bank")
    seconds(story, 30)
    [page] = sent(story, EMAIL)
    assert page.created_at == 1_000_010.0


def test_the_cause_is_the_alert_that_joined_just_now() -> None:
    story = Story(shop())
    story.down("c0")
    decisions = story.wait(1.0).down("bank")
    joined = next(d for d in decisions if isinstance(d, AlertChanged) and d.reason == "joined")
    other = replace(joined, alert=replace(joined.alert, check="c0"), reason="fires")
    step = Step(story.plan, story.engine.state, story.at)
    found = next(d for d in decisions if isinstance(d, IncidentChanged) and d.reason == "dependency_found")
    step.decisions += [found, other, joined]
    point = dependency(step, story.engine.state.incidents["INC-1"])
    assert point is not None
    assert point.about == "dependency.bank"


def test_a_cause_whose_check_has_left_the_plan_is_not_told() -> None:
    story = Story(shop())
    story.down("c0")
    decisions = story.wait(1.0).down("bank")
    checks = {name: check for name, check in story.plan.checks.items() if name != "bank"}
    step = Step(replace(story.plan, checks=checks), story.engine.state, story.at)
    step.decisions += decisions
    assert dependency(step, story.engine.state.incidents["INC-1"]) is None


def test_the_cause_is_told_to_whoever_was_asked_and_knows() -> None:
    """Who is only informed hears of it by mail updates; who was not reached hears of the whole."""
    story = Story(shop())
    story.down("c0")
    found = story.wait(1.0).down("bank")
    delivered, lost = PageState.DELIVERED, PageState.FAILED
    known = {
        ("li", SMS): Notified(delivered),
        ("li", EMAIL): Notified(delivered, informed=True),
        ("wang", EMAIL): Notified(lost),
    }
    incidents = story.engine.state.incidents
    incidents["INC-1"] = replace(incidents["INC-1"], notified=known)
    step = Step(story.plan, story.engine.state, story.at)
    step.decisions += found
    announce(step, "INC-1", None, "unchanged")
    told = [d.page.address for d in step.decisions[len(found) :] if isinstance(d, PageQueued)]
    assert told == [("li", SMS)]


def test_one_flow_that_needs_it_is_not_counted() -> None:
    made = shop()
    story = Story(replace(made, flows={"f0": made.flows["f0"]}))
    story.down("c0")
    decisions = story.wait(1.0).down("bank")
    step = Step(story.plan, story.engine.state, story.at)
    step.decisions += decisions
    point = dependency(step, story.engine.state.incidents["INC-1"])
    assert point is not None
    assert "need it" not in point.text.en
