"""What happens around a storm: a silence ends over it, another begins, the shift changes, everything is well again."""

from __future__ import annotations

from dataclasses import replace

from tests.core.builders import LI, SMS, WANG, Story, http_check, plan, rule
from tests.core.notify.test_storms import DOWN, fail_all, letter, seconds, sent, storm
from watchtower.channels.sms_text import compose
from watchtower.core.events import SilenceAsked, SilenceEnded
from watchtower.core.incident.incidents import PageState
from watchtower.core.matchers import parse_matchers
from watchtower.page_kinds import PageKind


def test_what_a_silence_held_back_is_two_pages_when_it_ends() -> None:
    story = storm(30)
    story.feed(SilenceAsked(parse_matchers(['rule="down"']), story.at, story.at + 3600.0, "li", "release"))
    fail_all(story, 30)
    seconds(story, 60)
    assert not sent(story)
    story.feed(SilenceEnded("S-1", "li"))
    seconds(story, 60)
    pages = sent(story)
    assert len(pages) == 2
    assert {one.incident for page in pages for one in (page.message, *page.message.also)} == {
        f"INC-{n}" for n in range(1, 31)
    }
    assert "Pages were held back until now" in compose(letter(pages[0]))


def test_of_two_storms_the_end_of_the_first_is_told_while_the_second_goes_on() -> None:
    story = storm(20)
    fail_all(story, 10)
    seconds(story, 200)
    before = len(sent(story))
    for n in range(10, 20):
        story.down(f"c{n}")
    for n in range(10):
        story.up(f"c{n}")
    seconds(story, 400)
    for n in range(10, 20):
        story.up(f"c{n}")
    seconds(story, 400)
    pages = sent(story)[before:]
    assert len(pages) <= 4
    last = {one.incident: one.kind for page in pages for one in (page.message, *page.message.also)}
    assert last == {f"INC-{n}": PageKind.RESOLVED for n in range(1, 21)}


def test_a_shift_that_changes_in_a_storm_loses_nothing_and_gives_the_rest_to_the_next() -> None:
    checks = [http_check(f"c{n}", no_data_after=86400.0) for n in range(12)]
    wang = WANG.model_copy(update={"addresses": {**WANG.addresses, SMS: "+8613900000000"}})
    made = plan(checks, [rule("down", DOWN, *checks)], [LI, wang])
    story = Story(made)
    fail_all(story, 6, within=3)
    swapped = {
        "li": LI.model_copy(update={"role": "backup"}),
        "wang": wang.model_copy(update={"role": "oncall"}),
    }
    story.decisions += story.engine.replace_plan(replace(made, responders=swapped), story.at)
    for n in range(6, 12):
        story.down(f"c{n}")
    seconds(story, 60)
    told = {name: set[str]() for name in ("li", "wang")}
    for page in sent(story):
        told[page.responder] |= {one.incident for one in (page.message, *page.message.also)}
    assert told == {"li": {f"INC-{n}" for n in range(1, 7)}, "wang": {f"INC-{n}" for n in range(7, 13)}}
    states = {n.firing for i in story.engine.state.incidents.values() for n in i.notified.values()}
    assert states == {PageState.DELIVERED}


def test_a_storm_of_recoveries_is_one_all_clear_and_the_straggler_another() -> None:
    story = storm(30)
    fail_all(story, 30)
    seconds(story, 300)
    before = len(sent(story))
    for n in range(29):
        story.up(f"c{n}")
    seconds(story, 240)
    story.up("c29")
    seconds(story, 30)
    clears = [compose(letter(page)) for page in sent(story)[before:]]
    assert [text.partition(":")[2].partition(":")[0].strip() for text in clears[:1]] == ["29 of 30 incidents"]
    assert len(clears) == 2
    assert clears[1].startswith("[P1] Resolved after ")
