"""What begins together is told a person in one page; nothing is lost by it, and the worst never waits for the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from tests.core.builders import EMAIL, SMS, Story, http_check, plan, rule
from watchtower.channels.contract import Letter
from watchtower.channels.mail_body import plain
from watchtower.channels.sentences import headline
from watchtower.channels.sms_text import compose
from watchtower.core.events import Acknowledged, ClockStepped, PageChanged, PageQueued
from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.incidents import Page, PageState
from watchtower.core.notify.storms import Storms
from watchtower.core.plan.storm import StormPolicy
from watchtower.daily_hours import zone_of
from watchtower.model import IncidentState, Language
from watchtower.page_kinds import PageKind
from watchtower.store.rows import decode_page, encode_page
from watchtower.texts.reasons import PageReason

MANY = 120
DOWN = 'outcome == "down"'


def storm(count: int, severity: str = "P1", worse: int = 0) -> Story:
    """Checks of one rule each; the last `worse` of them are P0."""
    checks = [http_check(f"c{n}", no_data_after=86400.0) for n in range(count)]
    calm, worst = checks[: count - worse], checks[count - worse :]
    rules = [rule("down", DOWN, *calm, severity=severity), rule("gone", DOWN, *worst, severity="P0")]
    return Story(plan(checks, rules))


def sent(story: Story, channel: str = SMS, since: float = 0.0) -> list[Page]:
    """What went out by this channel, in order, each page as it was sent."""
    return [
        d.page
        for d in story.decisions
        if isinstance(d, PageQueued)
        and d.page.state is PageState.QUEUED
        and d.page.channel == channel
        and d.at >= since
    ]


def restarted(
    story: Story, count: int, after: float = 4.0, logs: Mapping[str, Sequence[LogEntry]] | None = None
) -> Story:
    """The same checks, so long after, with what the store has of the first run: alerts, incidents, pages."""
    old, again = story.engine.state, storm(count)
    again.at = story.at + after
    pages = {d.page.id: d.page for d in story.decisions if isinstance(d, PageQueued)}
    ends = {d.page: d.state for d in story.decisions if isinstance(d, PageChanged)}
    rows = [
        decode_page(encode_page(page), str(ends.get(page.id, page.state)))
        for page in pages.values()
        if page.incident in old.incidents
    ]
    again.decisions = again.engine.restore(
        list(old.alerts.values()),
        list(old.incidents.values()),
        rows,
        {},
        old.last_incident,
        again.at,
        logs or {},
    )
    return again


def seconds(story: Story, seconds: float) -> None:
    """Every page is taken at once, and the engine ticks each second, each fifth in long waits."""
    step = 1.0 if seconds <= 40 else 5.0
    for _ in range(int(seconds / step)):
        story.deliver_all()
        story.wait(step).tick()
    story.deliver_all()


def fail_all(story: Story, count: int, within: float = 10.0) -> None:
    done = 0
    for second in range(int(within)):
        for n in range(done, (second + 1) * count // int(within)):
            story.down(f"c{n}")
            done += 1
        seconds(story, 1)


@pytest.mark.parametrize("channel", [SMS, EMAIL])
def test_many_checks_are_at_most_three_messages_a_person_in_five_minutes(channel: str) -> None:
    story = storm(MANY)
    began = story.at
    fail_all(story, MANY)
    seconds(story, 290)
    pages = sent(story, channel)
    assert pages[0].created_at == began, "the first page goes at once"
    assert len(pages) <= 3
    told = {pages[0].incident} | {
        i for page in pages for i in (page.incident, *(o.incident for o in page.message.also))
    }
    assert told == {f"INC-{n}" for n in range(1, MANY + 1)}, "everything is told"
    notified = [i.notified["li", channel].firing for i in story.engine.state.incidents.values()]
    assert set(notified) == {PageState.DELIVERED}


def test_the_all_clear_is_one() -> None:
    story = storm(35)
    fail_all(story, 35)
    seconds(story, 600)
    before = len(sent(story))
    for n in range(35):
        story.up(f"c{n}")
        seconds(story, 1)
    seconds(story, 240)
    clear = sent(story)[before:]
    assert [page.kind for page in clear] == [PageKind.RESOLVED]
    assert len(clear[0].message.also) == 34
    text = compose(letter(clear[0]))
    assert text.startswith("[P1] Resolved: 35 incidents: ")


@pytest.mark.parametrize("killed", [0, 4])
def test_the_all_clear_is_one_after_a_kill_too(killed: int) -> None:
    """Killed when so many of them are well."""
    story, clear = storm(5), list[Page]()
    fail_all(story, 5)
    seconds(story, 300)
    for n in range(5):
        if n == killed:
            clear = [page for page in sent(story) if page.kind.ends]
            story = restarted(story, 5)
        story.up(f"c{n}")
        seconds(story, 1)
    seconds(story, 240)
    clear += [page for page in sent(story) if page.kind.ends]
    assert [len(page.message.also) for page in clear] == [4]


def test_what_follows_while_one_still_fails_is_sent_after_minutes() -> None:
    story = storm(5)
    fail_all(story, 5)
    seconds(story, 600)
    before, began = len(sent(story)), story.at
    for n in range(4):
        story.up(f"c{n}")
    seconds(story, 200)
    clear = sent(story)[before:]
    assert [(page.kind, len(page.message.also)) for page in clear] == [(PageKind.RESOLVED, 3)]
    assert clear[0].created_at - began <= 185
    assert compose(letter(clear[0])).startswith("[P1] Resolved: 4 of 5 incidents: ")
    assert compose(letter(clear[0], Language.ZH)).startswith("[P1] 已恢复：5 个事件中的 4 个：")


def test_a_single_incident_waits_for_nothing() -> None:
    story = storm(1)
    story.down("c0")
    seconds(story, 2)
    story.up("c0")
    assert [page.kind for page in sent(story)] == [PageKind.NEW, PageKind.RESOLVED]


def test_the_first_p0_waits_for_nobody_and_is_a_page_of_its_own() -> None:
    story = storm(20, "P3", worse=2)
    for n in range(10):
        story.down(f"c{n}")
    assert len(sent(story, EMAIL)) == 1
    story.wait(3.0).down("c18")
    assert len(sent(story, SMS)) == 1, "by every channel of its own"
    seconds(story, 12)
    pages = sent(story, EMAIL)
    assert [(str(page.message.severity), len(page.message.also)) for page in pages] == [
        ("P3", 0),
        ("P0", 0),
        ("P3", 8),
    ]
    story.feed(Acknowledged(pages[1].incident, "li", "link"))
    states = [i.state for i in story.engine.state.incidents.values()]
    assert states.count(IncidentState.ACKNOWLEDGED) == 1, "its link acknowledges the P0 alone"


def test_the_first_p1_among_what_is_milder_waits_ten_seconds_and_not_three_minutes() -> None:
    checks = [http_check(f"c{n}", no_data_after=86400.0) for n in range(20)]
    rules = [rule("down", DOWN, *checks[:18], severity="P3"), rule("gone", DOWN, *checks[18:], severity="P1")]
    story = Story(plan(checks, rules))
    for n in range(10):
        story.down(f"c{n}")
    seconds(story, 20)
    before, began = len(sent(story, EMAIL)), story.at
    for n in (10, 11, 18):
        story.down(f"c{n}")
    seconds(story, 11)
    pages = sent(story, EMAIL)[before:]
    assert [(str(page.message.severity), len(page.message.also)) for page in pages] == [("P1", 2)]
    assert pages[0].created_at - began <= 10.0
    story.down("c12")
    seconds(story, 60)
    assert len(sent(story, EMAIL)) == before + 1, "what is milder waits for its minutes"


def test_what_became_a_p0_while_it_waited_is_told_once() -> None:
    checks = [http_check("c0"), http_check("c1")]
    late = rule("worse", DOWN, checks[1], severity="P0", for_=5.0)
    story = Story(plan(checks, [rule("down", DOWN, *checks, severity="P3"), late]))
    story.down("c0")
    story.down("c1")
    story.wait(6.0).down("c1")
    seconds(story, 30)
    told = [(page.incident, str(page.message.severity)) for page in sent(story, EMAIL)]
    assert told == [("INC-1", "P3"), ("INC-2", "P0")]


def test_p0s_that_wait_are_told_apart_from_all_that_is_less_severe() -> None:
    story = storm(60, "P3", worse=6)
    for n in (0, 54, 1, 2, 55, 3, 56):
        story.down(f"c{n}")
        story.deliver_all()
        story.wait(1.0).tick()
    seconds(story, 300)
    pages = [page for page in sent(story, EMAIL) if page.kind is PageKind.NEW]
    severities = [{str(one.severity) for one in (page.message, *page.message.also)} for page in pages]
    assert all(len(found) == 1 for found in severities), severities
    told = [one.incident for page in pages for one in (page.message, *page.message.also)]
    assert sorted(told) == [f"INC-{n}" for n in range(1, 8)]


def test_a_further_p0_waits_a_minute_at_most() -> None:
    story = storm(60, worse=60)
    for n in range(60):
        story.down(f"c{n}")
        seconds(story, 10)
    waited = [d.at for d in story.decisions if isinstance(d, PageQueued) and d.page.state is PageState.HELD]
    times = [page.created_at for page in sent(story)]
    assert max(min(t for t in times if t >= at) - at for at in waited if at <= times[-1]) <= 61


@pytest.mark.parametrize("via", ["link", EMAIL])
def test_who_acknowledges_by_a_page_acknowledges_what_it_names(via: str) -> None:
    story = storm(6)
    fail_all(story, 4)
    seconds(story, 30)
    story.down("c5")  # not told of yet
    lead = sent(story)[-1]
    story.feed(Acknowledged(lead.incident, "li", via))
    states = {i.id: i.state for i in story.engine.state.incidents.values()}
    named = {lead.incident, *(one.incident for one in lead.message.also)}
    assert {id for id, state in states.items() if state is IncidentState.ACKNOWLEDGED} == named
    assert "INC-5" not in named


def test_who_acknowledges_one_incident_by_its_name_acknowledges_that_one() -> None:
    story = storm(4)
    fail_all(story, 4)
    seconds(story, 30)
    story.ack(sent(story)[-1].incident)
    acknowledged = [i for i in story.engine.state.incidents.values() if i.state is IncidentState.ACKNOWLEDGED]
    assert len(acknowledged) == 1


def test_a_page_that_fails_fails_for_everything_that_it_tells() -> None:
    story = storm(12)
    for n in range(12):
        story.down(f"c{n}")
    story.wait(11.0).tick()
    (one,) = [page for page in sent(story) if page.carries]
    story.failing(one)
    story.fail(one)
    told = [i.notified["li", SMS].firing for i in story.engine.state.incidents.values() if i.id != "INC-1"]
    assert set(told) == {PageState.FAILED}
    assert not [p for p in story.engine.state.pages.values() if p.id in one.carries]


def test_what_waits_outlives_a_restart() -> None:
    story = storm(8)
    for n in range(8):
        story.down(f"c{n}")
    again = restarted(story, 8)
    assert again.tick()
    (page,) = [page for page in sent(again) if page.carries]
    assert len(page.message.also) == 6
    seconds(again, 30)
    assert {i.notified["li", SMS].firing for i in again.engine.state.incidents.values()} >= {
        PageState.DELIVERED
    }
    assert not [p for p in again.engine.state.pages.values() if p.state is PageState.HELD]


def test_a_clock_that_is_set_delays_nothing() -> None:
    story = storm(3)
    for n in range(3):
        story.down(f"c{n}")
    story.wait(-3600.0).feed(ClockStepped(-3600.0))
    story.wait(10.0).tick()
    assert len(sent(story)) == 2


def test_while_the_engine_is_behind_what_is_due_waits_for_the_rest_but_not_for_long() -> None:
    storms, policy = Storms(), StormPolicy()
    first, second = (
        replace(page, id=f"p{n}", incident=f"INC-{n}") for n, page in enumerate(sent(one_down()) * 2)
    )
    assert not storms.holds(first, policy, 0.0, 0.0)
    assert storms.holds(second, policy, 0.0, 1.0)
    assert [storms.due(at, behind=True) for at in (9.0, 10.0, 29.0, 30.0)] == [False, False, False, True]
    assert storms.due(10.0, behind=False)


def test_a_window_of_nothing_tells_everything_by_itself() -> None:
    checks = [http_check(f"c{n}") for n in range(5)]
    made = plan(checks, [rule("down", DOWN, *checks)])
    story = Story(replace(made, storm=StormPolicy(window=0.0)))
    for n in range(5):
        story.down(f"c{n}")
    assert len(sent(story)) == 5


@pytest.mark.parametrize(
    ("language", "begins", "says"),
    [
        (Language.EN, "[P1] 34 incidents: ", "Also c2, c3, c4, c5 and 29 more"),
        (Language.ZH, "[P1] 34 个事件：", "另有 c2、c3、c4、c5 等 33 个"),
    ],
)
def test_the_page_names_the_worst_five_and_counts_the_rest(
    language: Language, begins: str, says: str
) -> None:
    story = storm(35)
    for n in range(35):
        story.down(f"c{n}")
    story.wait(11.0).tick()
    page = sent(story)[-1]
    assert len(page.carries) == 33
    text = compose(letter(page, language))
    assert text.startswith(begins)
    assert says in text
    assert says in headline(page.message, zone_of("UTC"), language)
    colon, stop = ("：", "；") if language is Language.ZH else (": ", "; ")
    assert f"c4{colon}{page.message.also[2].text.in_(language)}{stop}c5" in plain(letter(page, language))


def letter(page: Page, language: Language = Language.EN) -> Letter:
    return Letter(
        id=page.id, thread=page.thread, first_of_thread=True, responder=page.responder, address="+8613800000000",
        language=language, zone="UTC", message=page.message,
    )  # fmt: skip


def test_while_a_gateway_is_down_over_an_end_and_a_return_one_page_waits() -> None:
    story = storm(1)
    story.down("c0")
    for page in story.undelivered():
        story.failing(page)
    story.wait(60.0).up("c0")
    story.wait(60.0).down("c0")
    waiting = [
        (page.channel, page.message.reason) for page in story.undelivered() if page.incident == "INC-1"
    ]
    assert sorted(waiting) == [("email", "reopened"), ("sms", "reopened")]
    seconds(story, 10)
    story.up("c0")
    seconds(story, 30)
    assert [page.kind for page in sent(story)][-1] is PageKind.RESOLVED


def test_overdue_things_are_one_page_at_rising_intervals() -> None:
    storms, policy, page = Storms(), StormPolicy(), sent(chased())[0]
    gone = []
    for minute in range(240):
        at = 60.0 * minute
        one = replace(page, id=f"p{minute}")
        storms.holds(one, policy, 0.0, at)
        for address, _ in storms.take(at):
            storms.told(address, [one], {one.incident}, at)
            gone.append(minute)
    assert gone == [0, 20, 60, 120, 180]


def one_down() -> Story:
    story = storm(1)
    story.down("c0")
    return story


def chased() -> Story:
    """One page, made to chase."""
    story = one_down()
    (number,) = [
        n for n, d in enumerate(story.decisions) if isinstance(d, PageQueued) and d.page.channel == SMS
    ]
    made = story.decisions[number]
    assert isinstance(made, PageQueued)
    message = replace(made.page.message, reason=PageReason.STEP_OVERDUE)
    story.decisions[number] = replace(made, page=replace(made.page, kind=PageKind.UPDATE, message=message))
    return story
