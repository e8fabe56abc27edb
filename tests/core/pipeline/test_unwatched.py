"""What leaves the configuration while it fires is no longer watched. Nobody says that it is resolved."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.core.builders import Story, http_check, plan, rule
from watchtower.core.events import Decision, Delivered, IncidentChanged, NotPaged, PageQueued
from watchtower.core.incident.alerts import TABLE, AlertSignal
from watchtower.core.incident.incidents import Incident, Page
from watchtower.core.pipeline.engine import Engine
from watchtower.core.plan import Plan
from watchtower.core.plan.incident import IncidentPolicy
from watchtower.detectors import DETECTORS
from watchtower.model import AlertState, IncidentState, Language
from watchtower.page_kinds import PageKind

BANK, OTHER = http_check("bank", "checkout"), http_check("other", "checkout")
DOWN = rule("down", 'outcome == "down"', BANK, OTHER)
SLOW = rule("slow", "latency > 1.0", BANK)
ALL = plan([BANK, OTHER], [DOWN, SLOW])
NO_RULE = replace(ALL, rules={"slow": SLOW})
NO_CHECK = plan(
    [OTHER],
    [
        DOWN.model_copy(
            update={
                "programs": {"other": DOWN.programs["other"]},
                "summaries": {"other": DOWN.summaries["other"]},
            }
        )
    ],
)


def told(story: Story) -> None:
    """Every page that is queued arrives."""
    for page in list(story.engine.state.pages.values()):
        story.feed(Delivered(page.id, page.incident, "250"))


def reload(story: Story, new: Plan) -> list[Decision]:
    out = story.engine.replace_plan(new, story.at)
    story.decisions += out
    return out


def pages(decisions: list[Decision]) -> list[Page]:
    return [d.page for d in decisions if isinstance(d, PageQueued)]


def last(decisions: list[Decision]) -> Incident:
    return [d.incident for d in decisions if isinstance(d, IncidentChanged)][-1]


def firing(**changes: Any) -> Story:
    story = Story(replace(ALL, **changes))
    story.see("bank", "down")
    told(story)
    return story.wait(60)


@pytest.mark.parametrize(
    "new", [NO_RULE, NO_CHECK, replace(ALL, rules={})], ids=["the rule", "the check", "all rules"]
)
def test_whoever_was_told_that_it_is_on_is_told_that_it_is_no_longer_watched(new: Plan) -> None:
    story = firing()
    decisions = reload(story, new)
    assert {(p.responder, p.kind, p.message.status, p.message.reason) for p in pages(decisions)} == {
        ("li", PageKind.UNWATCHED, "unwatched", "unwatched")
    }
    note = pages(decisions)[0].message.note
    assert note is not None
    assert "nobody knows whether it is over" in note.in_(Language.EN)
    assert "是否恢复未知" in note.in_(Language.ZH)
    over = last(decisions)
    assert (over.state, over.open) == (IncidentState.UNWATCHED, False)
    assert "resolved" not in [d.reason for d in decisions]
    told(story)
    assert not story.engine.state.pages, "it is the last word"


def test_nothing_of_it_says_resolved_and_no_clock_is_met() -> None:
    story = firing()
    reload(story, NO_RULE)
    told(story)
    story.wait(10)
    course = next(
        story.engine.state.histories.get(d.incident.id)
        for d in story.decisions
        if isinstance(d, IncidentChanged)
    )
    reasons = [d.reason for d in story.decisions]
    assert "deadlines.met" not in reasons
    assert course is None or course.milestones.resolved_at is None


def test_what_still_fires_keeps_the_incident_and_then_ends_it_as_unwatched() -> None:
    story = firing()
    story.see("other", "down")
    told(story)
    new = plan(
        [BANK, OTHER],
        [
            DOWN.model_copy(
                update={
                    "programs": {"other": DOWN.programs["other"]},
                    "summaries": {"other": DOWN.summaries["other"]},
                }
            )
        ],
    )
    decisions = reload(story, new)
    assert not pages(decisions)
    assert [d.reason for d in decisions if isinstance(d, IncidentChanged)] == ["alert_unwatched"]
    ended = story.wait(10).see("other", "up")
    assert last(ended).state is IncidentState.UNWATCHED, "of the bank nobody knows"


def test_what_is_resolved_stays_resolved_when_its_rule_leaves_later() -> None:
    story = firing()
    assert last(story.see("bank", "up")).state is IncidentState.RESOLVED
    assert not reload(story.wait(5), NO_RULE)


def test_what_comes_back_bad_is_opened_again_and_ends_as_it_should() -> None:
    story = firing(incident=IncidentPolicy(reopen_within=1800.0))
    kept = story.plan
    reload(story, replace(NO_RULE, incident=kept.incident))
    told(story)
    reload(story.wait(30), kept)
    again = story.see("bank", "down")
    assert next((p.kind, p.message.reason) for p in pages(again)) == (PageKind.NEW, "reopened")
    told(story)
    assert last(story.wait(10).see("bank", "up")).state is IncidentState.RESOLVED
    assert {p.kind for p in pages(story.decisions[-5:])} <= {PageKind.RESOLVED}


def test_a_rule_that_is_renamed_says_so_of_the_old_one_and_ends_well_by_the_new_one() -> None:
    story = firing(incident=IncidentPolicy(reopen_within=1800.0))
    renamed = replace(
        story.plan, rules={"bank-down": DOWN.model_copy(update={"name": "bank-down"}), "slow": SLOW}
    )
    assert {p.kind for p in pages(reload(story, renamed))} == {PageKind.UNWATCHED}
    told(story)
    assert {p.kind for p in pages(story.wait(10).see("bank", "down"))} == {PageKind.NEW}
    told(story)
    assert last(story.wait(10).see("bank", "up")).state is IncidentState.RESOLVED


def test_nobody_is_told_who_was_never_told() -> None:
    story = Story(replace(ALL, responders={}))
    story.see("bank", "down")
    decisions = reload(story, replace(NO_RULE, responders={}))
    assert not pages(decisions)
    assert "nobody_notified" in [d.reason for d in decisions if isinstance(d, NotPaged)]


def test_a_pending_alert_that_leaves_is_no_news() -> None:
    slow = rule("slow-for", 'outcome == "down"', BANK, for_=60.0)
    story = Story(plan([BANK], [slow]))
    story.see("bank", "down")
    assert not pages(reload(story, plan([BANK], [SLOW])))


def test_a_restart_with_another_configuration_says_the_same() -> None:
    story = firing()
    state = story.engine.state
    engine = Engine(NO_RULE, DETECTORS, story.at)
    decisions = engine.restore(
        list(state.alerts.values()), list(state.incidents.values()), list(state.pages.values()), {}, state.last_incident, story.at
    )  # fmt: skip
    assert {p.kind for p in pages(decisions)} == {PageKind.UNWATCHED}


def test_a_check_that_cannot_be_seen_and_leaves_is_not_seen_again() -> None:
    story = Story(ALL)
    for _ in range(9):
        story.see("bank", "unknown")
        story.wait(10)
    told(story)
    assert {p.kind for p in pages(reload(story, NO_CHECK))} == {PageKind.UNWATCHED}


class TestMatrix:
    """Whether its users are back is seen from the flow, as long as the configuration has a check of it."""

    matrix = DOWN.model_copy(update={"matrix": True})
    all = replace(ALL, rules={"down": matrix, "slow": SLOW})

    def started(self) -> Story:
        story = Story(self.all)
        story.see("bank", "down")
        told(story)
        return story.wait(60)

    def test_the_rule_leaves_but_the_flow_is_still_seen(self) -> None:
        story = self.started()
        decisions = reload(story, replace(self.all, rules={"slow": SLOW}))
        assert not pages(decisions)
        for _ in range(500):
            story.wait(10)
            for check in ("bank", "other"):
                story.see(check, "up", latency=0.1)
            story.tick()
        assert [d.reason for d in story.decisions if isinstance(d, IncidentChanged)].count("resolved") == 1

    def test_one_of_its_checks_leaves_and_the_other_sees_that_its_users_are_back(self) -> None:
        story = self.started()
        rules = {"down": self.matrix.model_copy(update={"programs": {"other": DOWN.programs["other"]}})}
        reload(story, replace(plan([OTHER], []), rules=rules))
        for _ in range(500):
            story.wait(10).see("other", "up", latency=0.1)
            story.tick()
        assert [d.reason for d in story.decisions if isinstance(d, IncidentChanged)].count("resolved") == 1

    def test_nothing_sees_the_flow_any_more(self) -> None:
        story = self.started()
        third = http_check("third")
        decisions = reload(story, plan([third], [rule("down", 'outcome == "down"', third)]))
        assert {p.kind for p in pages(decisions)} == {PageKind.UNWATCHED}
        assert last(decisions).state is IncidentState.UNWATCHED

    def test_it_leaves_while_it_is_watched_whether_it_stays_so(self) -> None:
        story = self.started()
        for _ in range(3):
            for check in ("bank", "other"):
                story.see(check, "up", latency=0.1)
            story.tick()
            story.wait(10)
        third = http_check("third")
        decisions = reload(story, plan([third], [rule("down", 'outcome == "down"', third)]))
        assert last(decisions).state is IncidentState.UNWATCHED


def test_the_table_has_every_state_and_signal() -> None:
    assert set(TABLE) == {(state, sign) for state in AlertState for sign in AlertSignal}
    assert TABLE[AlertState.UNWATCHED, AlertSignal.CLEARS] is AlertState.RESOLVED, "it was seen to be well"
    assert TABLE[AlertState.UNWATCHED, AlertSignal.CANNOT_TELL] is AlertState.UNWATCHED
