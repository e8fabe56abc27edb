"""What flaps is paged until it is said to flap, and then only when it stays bad; over a restart too."""

from __future__ import annotations

from tests.core.builders import Story
from tests.core.notify.test_storms import restarted, seconds, sent, storm
from watchtower.core.incident.log import line_of
from watchtower.page_kinds import PageKind


def flap(story: Story, times: int) -> None:
    for _ in range(times):
        story.down("c0")
        seconds(story, 30)
        story.up("c0")
        seconds(story, 30)


def test_what_flaps_is_said_to_flap_and_then_keeps_quiet() -> None:
    story = storm(1)
    flap(story, 20)
    kinds = [page.kind for page in sent(story)]
    assert kinds == [PageKind.NEW, PageKind.RESOLVED] * 4, "the first and three returns, each with its end"
    last = [page for page in sent(story) if page.kind is PageKind.NEW][-1]
    assert last.message.note is not None
    assert "It came back 3 times" in last.message.note.en
    assert "已复发 3 次" in last.message.note.zh
    assert not [i for i in story.engine.state.incidents.values() if i.open]


def test_what_flaps_and_stays_bad_is_paged_after_ten_minutes_and_cleared() -> None:
    story = storm(1)
    flap(story, 8)
    before, began = len(sent(story)), story.at
    story.down("c0")
    seconds(story, 700)
    story.up("c0")
    seconds(story, 30)
    new, clear = sent(story)[before:]
    assert (new.kind, clear.kind) == (PageKind.NEW, PageKind.RESOLVED)
    assert 600 <= new.created_at - began <= 605


def test_a_p0_that_flaps_is_paged_each_time() -> None:
    story = storm(1, worse=1)
    flap(story, 8)
    assert [page.kind for page in sent(story)].count(PageKind.NEW) == 8


def test_a_restart_does_not_page_what_flaps() -> None:
    story = storm(1)
    flap(story, 5)
    story.down("c0")
    logs = {
        name: [line[1] for d in story.decisions if (line := line_of(d)) and line[0] == name]
        for name in story.engine.state.incidents
    }
    again = restarted(story, 1, logs=logs)
    seconds(again, 30)
    assert not sent(again)
    again.down("c0")
    seconds(again, 600)
    assert [page.kind for page in sent(again)] == [PageKind.NEW]
