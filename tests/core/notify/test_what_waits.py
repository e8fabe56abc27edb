"""What waits for an address: a restart, what was done meanwhile, how much counts as one, and who hears nothing of a relapse."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest

from tests.core.builders import EMAIL, Story
from tests.core.notify.test_budgets import ONE_WAY, budgeted
from tests.core.notify.test_flapping import flap
from tests.core.notify.test_storms import chased, fail_all, one_down, restarted, seconds, sent, storm
from watchtower.core.events import Logged, NotPaged, PageQueued
from watchtower.core.incident.incidents import PageState
from watchtower.core.notify.gather import _together, _urgency, _with_points, restore
from watchtower.core.notify.messages import NotePoint
from watchtower.core.notify.storms import Storms
from watchtower.core.people.kinds import NotifiedTogether
from watchtower.core.plan.storm import StormPolicy
from watchtower.core.state import Step
from watchtower.model import IncidentState, Severity, Text
from watchtower.page_kinds import PageKind
from watchtower.texts.reasons import PageReason


def test_what_a_page_carries_waits_for_that_page_after_a_restart() -> None:
    story = storm(8)
    for n in range(8):
        story.down(f"c{n}")
    story.wait(11.0).tick()
    again = restarted(story, 8)
    again.tick()
    assert sent(again) == []


def waits_for_itself(about: str, state: IncidentState = IncidentState.TRIGGERED) -> tuple[Story, str]:
    """A page that waits to say this of INC-1; the story, and the page."""
    story = storm(1)
    story.down("c0")
    page = sent(story)[0]
    message = replace(
        page.message, points=(NotePoint(about, Text("late", "晚")),), reason=PageReason.STEP_OVERDUE
    )
    held = replace(page, state=PageState.HELD, message=message)
    known = story.engine.state
    known.pages[held.id] = held
    known.incidents["INC-1"] = replace(known.incidents["INC-1"], state=state)
    known.storms.again(held, [held.id], story.at)
    return story, held.id


@pytest.mark.parametrize(
    ("about", "state", "goes"),
    [
        ("step:1", IncidentState.TRIGGERED, True),
        ("step:1", IncidentState.MITIGATED, False),
        ("clock.ack", IncidentState.TRIGGERED, False),
    ],
)
def test_what_was_done_meanwhile_or_is_well_is_not_chased(
    about: str, state: IncidentState, goes: bool
) -> None:
    story, id = waits_for_itself(about, state)
    story.tick()
    assert [page.id for page in sent(story)[1:]] == [id] * goes
    assert goes or id not in story.engine.state.pages
    assert [page.message.note for page in sent(story)[1:]] == [Text("late", "晚")] * goes


def test_all_pages_of_the_first_incident_count_as_one() -> None:
    """What begins beside it then waits for seconds, not for minutes."""
    storms, policy, page = Storms(), StormPolicy(), sent(chased())[0]
    first = replace(page, message=replace(page.message, reason=PageReason.OPENED))
    for number in range(3):
        one = replace(first, id=f"p{number}", kind=PageKind.UPDATE)
        assert not storms.holds(one, policy, 0.0, 10.0 * number)
    assert storms.holds(replace(first, id="other", incident="INC-2"), policy, 0.0, 25.0)
    assert storms.first == 30.0


def test_who_was_not_told_yet_that_it_is_back_hears_neither_that_nor_the_end() -> None:
    story = storm(1)
    flap(story, 8)
    before = len(sent(story)), len(sent(story, EMAIL))
    story.down("c0")
    seconds(story, 30)
    assert [page.state for page in story.engine.state.pages.values()] == [PageState.HELD] * 2
    story.up("c0")
    seconds(story, 30)
    assert (len(sent(story)), len(sent(story, EMAIL))) == before
    assert not story.engine.state.pages
    (incident,) = story.engine.state.incidents.values()
    assert not incident.notified
    unheard = [d for d in story.decisions if isinstance(d, NotPaged) and d.reason is PageReason.FLAPS]
    assert {d.detail for d in unheard} == {"li by sms", "li by email"}


@pytest.mark.parametrize(("reminded", "due"), [(0.0, 60.0), (30.0, 30.0), (300.0, 60.0)])
def test_a_reminder_keeps_its_distance_of_the_page_before(reminded: float, due: float) -> None:
    """A minute, or as long as reminders are apart where they are closer."""
    storms, policy, page = Storms(), StormPolicy(), sent(chased())[0]
    first = replace(page, message=replace(page.message, reason=PageReason.OPENED))
    assert not storms.holds(first, policy, reminded, 0.0)
    assert storms.holds(replace(first, id="again", kind=PageKind.REMINDER), policy, reminded, 5.0)
    assert storms.first == due


def test_of_further_p0s_the_fourth_waits_a_minute() -> None:
    storms, policy, page = Storms(), StormPolicy(), sent(chased())[0]
    message = replace(page.message, reason=PageReason.OPENED, severity=Severity.P0)
    for number, at in ((1, 0.0), (2, 10.0), (3, 20.0)):
        storms.holds(
            replace(page, incident=f"INC-{number}", id=f"p{number}", message=message), policy, 0.0, at
        )
        for address, ids in storms.take(at):
            storms.told(
                address, [replace(page, incident=f"INC-{number}", message=message) for _ in ids], (), at
            )
    assert storms.holds(replace(page, incident="INC-4", id="p4", message=message), policy, 0.0, 21.0)
    assert storms.first == 80.0


def test_an_update_in_a_page_of_several_says_its_note() -> None:
    story = storm(3)
    fail_all(story, 3)
    seconds(story, 30)
    waiting = []
    for number, kind in ((1, PageKind.UPDATE), (2, PageKind.REMINDER), (3, PageKind.UPDATE)):
        page = next(
            p for p in story.decisions if isinstance(p, PageQueued) and p.page.incident == f"INC-{number}"
        ).page
        note = Text(f"note {number}", f"附注 {number}")
        message = replace(page.message, kind=kind, note=note)
        waiting.append(replace(page, id=f"w{number}", kind=kind, state=PageState.HELD, message=message))
    known = story.engine.state
    known.pages.update({page.id: page for page in waiting})
    known.storms.again(waiting[0], [page.id for page in waiting], story.at)
    before = len(sent(story))
    story.tick()
    (page,) = sent(story)[before:]
    said = {page.incident: page.message.note, **{one.incident: one.text for one in page.message.also}}
    assert said["INC-3"] == Text("note 3", "附注 3")
    assert said["INC-2"] != Text("note 2", "附注 2"), "a reminder says what fails"


def test_that_a_page_tells_of_more_stands_once_in_the_log() -> None:
    """Two channels of one person at one moment are one line."""
    story = storm(4)
    fail_all(story, 4)
    seconds(story, 30)
    told = [
        d.entry.detail
        for d in story.decisions
        if isinstance(d, Logged) and d.entry.kind == NotifiedTogether.kind
    ]
    assert told == ["li: 2 more"]


def test_where_nobody_was_told_nothing_waits() -> None:
    storms = Storms()
    assert list(storms.take(60.0)) == []
    assert storms.first == inf


def test_an_announcement_goes_at_once_where_it_only_would_have_to_wait() -> None:
    """And by a channel: none is barred to it."""
    story = Story(budgeted("1/1m", people=(ONE_WAY,)))
    story.down("c0")
    step = Step(story.plan, story.engine.state, story.at)
    step.announce(replace(sent(story)[0], id="window"), PageReason.OPENED)
    (queued,) = (d.page for d in step.decisions if isinstance(d, PageQueued))
    assert (queued.id, queued.state, queued.spent) == ("window", PageState.QUEUED, ())


def test_what_only_chases_waits() -> None:
    page = sent(chased())[0]
    assert Storms().holds(page, StormPolicy(), 0.0, 0.0)


def test_of_two_who_were_told_together_the_second_end_is_the_last() -> None:
    page = sent(chased())[0]
    message = replace(page.message, reason=PageReason.RESOLVED)
    storms, policy = Storms(), StormPolicy()
    first, second = (
        replace(page, id=f"p{n}", incident=f"INC-{n}", kind=PageKind.RESOLVED, message=message)
        for n in (1, 2)
    )
    storms.again(first, ["both"], 0.0)
    list(storms.take(0.0))
    storms.told(page.address, [first, second], {"INC-1", "INC-2"}, 0.0)
    assert storms.holds(first, policy, 0.0, 400.0)
    assert storms.first == 400.0 + policy.update_every
    assert storms.holds(second, policy, 0.0, 401.0)
    assert storms.first == 401.0, "nothing is left to wait for"


def test_what_is_news_is_said_before_what_chases() -> None:
    story = storm(1)
    story.down("c0")
    message = sent(story)[0].message
    said = [
        replace(message, points=(NotePoint(f"step:{n}", Text(text, zh)),), reason=reason)
        for n, (text, zh, reason) in enumerate(
            [
                ("a step is late", "步骤超时", PageReason.STEP_OVERDUE),
                ("users leave", "用户流失", PageReason.GOT_WORSE),
            ]
        )
    ]
    note = _with_points(Step(story.plan, story.engine.state, story.at), message, said).note
    assert note == Text("Users leave; a step is late", "用户流失；步骤超时")


def test_an_all_clear_that_waits_on_is_remembered_and_one_that_is_taken_is_not() -> None:
    page = sent(chased())[0]
    message = replace(page.message, reason=PageReason.RESOLVED)
    ends = [
        replace(page, id=f"p{n}", incident=f"INC-{n}", kind=PageKind.RESOLVED, message=message)
        for n in (1, 2, 3)
    ]
    going, policy, storms = {"INC-1", "INC-2", "INC-3"}, StormPolicy(), Storms()
    storms.again(ends[0], ["all"], 0.0)
    list(storms.take(0.0))
    storms.told(page.address, ends, going, 0.0)
    assert storms.holds(ends[0], policy, 0.0, 400.0)
    list(storms.take(inf))
    storms.told(page.address, [ends[0]], going, 400.0)
    assert storms.holds(ends[1], policy, 0.0, 401.0)
    assert storms.holds(ends[2], policy, 0.0, 402.0)
    assert storms.first == 401.0 + policy.update_every, "the first end was told, and is not counted again"
    list(storms.take(inf))
    storms.later(ends[0], 500.0)
    storms.later(ends[1], 500.0)
    assert storms.holds(ends[2], policy, 0.0, 403.0)
    assert storms.first == 403.0, "all three wait"


def test_what_is_told_later_waits_as_it_did() -> None:
    """What only chases can be dropped, and what is news cannot."""
    page = sent(chased())[0]
    news = replace(page, id="news", message=replace(page.message, reason=PageReason.OPENED))
    storms = Storms()
    storms.again(page, [page.id], 0.0)
    list(storms.take(0.0))
    for one in (page, news):
        storms.later(one, 60.0)
    assert [storms.drop(one) for one in (page, news)] == [True, False]


def test_in_a_page_of_several_what_is_bad_stands_before_what_is_well() -> None:
    page = sent(chased())[0]
    kinds = (PageKind.RESOLVED, PageKind.MITIGATED, PageKind.REMINDER)
    first, *_ = sorted((replace(page, kind=kind) for kind in kinds), key=_urgency)
    assert first.kind is PageKind.REMINDER


def test_what_was_told_by_itself_each_is_not_told_together() -> None:
    """The all-clear of the first waits for no other."""
    page = sent(chased())[0]
    message = replace(page.message, reason=PageReason.OPENED)
    first, second = (replace(page, id=f"p{n}", incident=f"INC-{n}", message=message) for n in (1, 2))
    going, policy, storms = {"INC-1", "INC-2"}, StormPolicy(), Storms()
    for one, at in ((first, 0.0), (second, 1000.0)):
        assert not storms.holds(one, policy, 0.0, at)
        storms.told(page.address, [one], going, at)
    over = replace(first, kind=PageKind.RESOLVED, message=replace(message, reason=PageReason.RESOLVED))
    assert not storms.holds(over, policy, 0.0, 2000.0)


def test_the_last_of_those_who_were_told_together_ends_as_any_other() -> None:
    page = sent(chased())[0]
    message = replace(page.message, reason=PageReason.OPENED)
    both = [replace(page, id=f"p{n}", incident=f"INC-{n}", message=message) for n in (1, 2)]
    storms = Storms()
    storms.again(both[0], ["p1"], 0.0)
    list(storms.take(0.0))
    storms.told(page.address, both, {"INC-1"}, 0.0)
    over = replace(both[0], kind=PageKind.RESOLVED, message=replace(message, reason=PageReason.RESOLVED))
    assert storms.holds(over, StormPolicy(), 0.0, 5.0)
    assert storms.first == StormPolicy().window


@pytest.mark.parametrize(
    ("reason", "flaps", "waits"),
    [(PageReason.REOPENED, 8, 600.0), (PageReason.REOPENED, 0, 60.0), (PageReason.OPENED, 8, 60.0)],
)
def test_after_a_restart_only_the_return_of_what_flaps_waits_on(
    reason: PageReason, flaps: int, waits: float
) -> None:
    story = storm(1)
    flap(story, flaps)
    story.down("c0")
    page = next(d.page for d in reversed(story.decisions) if isinstance(d, PageQueued))
    known = story.engine.state
    known.pages.clear()
    known.pages[page.id] = replace(page, state=PageState.HELD, message=replace(page.message, reason=reason))
    known.storms = Storms()
    restore(known, story.plan, known.pages.values(), page.created_at + 60.0)
    assert known.storms.first == page.created_at + waits


@pytest.mark.parametrize(
    ("later", "leads"), [(PageKind.UPDATE, PageKind.NEW), (PageKind.UPGRADE, PageKind.UPGRADE)]
)
def test_what_only_says_its_note_takes_no_other_pages_place(later: PageKind, leads: PageKind) -> None:
    story = one_down()
    page = sent(story)[0]
    both = [page, replace(page, id="later", kind=later)]
    assert _together(Step(story.plan, story.engine.state, story.at), both).kind is leads
