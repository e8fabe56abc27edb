"""The cases of Alertmanager's own tests of notifying (grouping, deduplication, repeating, resolving, retrying) as ours; the
table in docs/delivery.md says where we differ, and why."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.core.builders import EMAIL, SMS, WEBHOOK, Story
from tests.core.notify.test_storms import fail_all, seconds, sent, storm
from watchtower.core.events import PageFailing
from watchtower.core.incident.incidents import Page, PageState
from watchtower.core.plan.paging import Responder
from watchtower.page_kinds import PageKind

ROOT = Path(__file__).parents[3]


def test_what_goes_on_is_not_sent_twice() -> None:
    story = storm(3)
    fail_all(story, 3)
    seconds(story, 30)
    before = len(sent(story))
    for _ in range(20):
        for number in range(3):
            story.down(f"c{number}")
        seconds(story, 5)
    assert len(sent(story)) == before


def test_who_has_not_acknowledged_is_reminded_of_all_in_one_page() -> None:
    story = storm(6)
    fail_all(story, 6)
    seconds(story, 960)
    reminders = [page for page in sent(story) if page.kind is PageKind.REMINDER]
    told = [one.incident for page in reminders for one in (page.message, *page.message.also)]
    assert sorted(told) == [f"INC-{n}" for n in range(1, 7)]
    assert len(reminders) <= 2


def test_after_the_acknowledgement_nobody_is_reminded() -> None:
    story = storm(2)
    fail_all(story, 2)
    seconds(story, 30)
    for incident in ("INC-1", "INC-2"):
        story.ack(incident)
    seconds(story, 3600)
    assert not [page for page in sent(story) if page.kind is PageKind.REMINDER]


def test_what_is_over_before_its_page_went_is_sent_with_its_end() -> None:
    story = storm(2)
    story.down("c0")
    story.down("c1")
    story.up("c1")
    seconds(story, 400)
    kinds = [(one.incident, one.kind) for page in sent(story) for one in (page.message, *page.message.also)]
    assert ("INC-2", PageKind.NEW) in kinds
    assert ("INC-2", PageKind.RESOLVED) in kinds


def test_nobody_hears_of_the_end_of_what_never_reached_them() -> None:
    story = storm(1)
    story.down("c0")
    for page in story.undelivered():
        story.fail(page)
    for page in story.undelivered():
        story.fail(page)
    before = len(sent(story))
    story.up("c0")
    assert not [page for page in sent(story)[before:] if page.kind is PageKind.RESOLVED]


def test_what_joins_later_is_sent_after_the_interval() -> None:
    story = storm(4)
    fail_all(story, 3)
    seconds(story, 60)
    began = story.at
    story.down("c3")
    seconds(story, 200)
    late = sent(story)[-1]
    assert late.message.incident == "INC-4"
    assert 60 < late.created_at - began < 185


def test_a_reload_in_a_storm_neither_repeats_nor_hurries() -> None:
    """There the group's timers begin anew, and what joined since is sent at once."""
    story = storm(8)
    fail_all(story, 6)
    seconds(story, 30)
    story.down("c6")
    before, began = len(sent(story)), story.at
    story.decisions += story.engine.replace_plan(replace(story.plan), story.at)
    seconds(story, 100)
    assert len(sent(story)) == before
    seconds(story, 100)
    assert [(page.incident, page.created_at - began > 100) for page in sent(story)[before:]] == [
        ("INC-7", True)
    ]


def test_a_restart_tells_nobody_again_what_they_know() -> None:
    story = storm(6)
    fail_all(story, 6)
    seconds(story, 30)
    again, old = storm(6), story.engine.state
    again.at = story.at + 5.0
    again.decisions = again.engine.restore(
        list(old.alerts.values()), list(old.incidents.values()), [], {}, old.last_incident, again.at
    )
    for number in range(6):
        again.down(f"c{number}")
    seconds(again, 60)
    assert not sent(again)


def test_of_two_receivers_one_fails_and_the_other_hears_once() -> None:
    story = storm(1)
    story.down("c0")
    (failing,) = [page for page in story.undelivered() if page.channel == SMS]
    for _ in range(20):
        story.deliver(*(page for page in story.undelivered() if page.channel == EMAIL))
        story.wait(5.0).tick()
    story.failing(failing)
    story.deliver(*(page for page in story.undelivered() if page.channel == EMAIL))
    assert [page.kind for page in sent(story, EMAIL)] == [PageKind.NEW]
    assert [page.id for page in story.undelivered()] == [failing.id]


def test_what_comes_back_says_again_and_counts_from_its_return() -> None:
    story = storm(1)
    story.down("c0")
    seconds(story, 20)
    story.up("c0")
    story.wait(100.0).down("c0")
    message = sent(story)[-1].message
    assert (message.again, message.began) == (True, story.at)


def test_a_program_hears_of_each_incident_by_itself() -> None:
    made = storm(3).plan
    program = Responder(name="bot", role="oncall", addresses={WEBHOOK: "https://hook.example"})
    paging = {
        level: policy.model_copy(update={"channels": (*policy.channels, WEBHOOK)})
        for level, policy in made.paging.items()
    }
    story = Story(replace(made, responders={**made.responders, "bot": program}, paging=paging))
    fail_all(story, 3)
    assert [page.incident for page in sent(story, WEBHOOK)] == ["INC-1", "INC-2", "INC-3"]
    assert not [page for page in sent(story, WEBHOOK) if page.message.also]


@pytest.mark.parametrize("down", [30, 600, 7200])
def test_while_the_pager_is_down_nothing_is_lost(down: int) -> None:
    """Attempts fail for so long; then every page that waits arrives."""
    story = storm(12)
    until, failing = story.at + down, set[str]()
    done = 0
    while story.at < until:
        if done < 12:
            story.down(f"c{done}")
            done += 1
        story.wait(1.0 if done < 12 else 30.0).tick()
        _fail_what_is_late(story, failing)
    seconds(story, 300)
    told = {one.incident for page in sent(story) for one in (page.message, *page.message.also)}
    incidents = [i for i in story.engine.state.incidents.values() if i.key.startswith("check:")]
    assert {i.id for i in incidents} <= told
    lost = [i.id for i in incidents if i.notified["li", SMS].firing is not PageState.DELIVERED]
    assert lost == []


def _fail_what_is_late(story: Story, failing: set[str]) -> None:
    waiting: list[Page] = story.undelivered()
    for page in waiting:
        if page.id not in failing and story.at - page.created_at >= 30.0:
            failing.add(page.id)
            story.feed(PageFailing(page.id, page.incident, "timeout"))


def test_each_case_has_its_test() -> None:
    table = (ROOT / "docs" / "delivery.md").read_text(encoding="utf-8").partition("## Beside Alertmanager")[2]
    folders = ("core/notify", "core/silences", "delivery", "acceptance")
    files = [file for folder in folders for file in (ROOT / "tests" / folder).glob("test_*.py")]
    there = set(re.findall(r"def (test_\w+)", "".join(file.read_text(encoding="utf-8") for file in files)))
    named = set(re.findall(r"`(test_\w+)`", table))
    assert len(named) > 12
    assert named <= there
