"""No address is sent more than its budget; the worst goes first; what is held back is heard another way, or by others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import inf
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.builders import EMAIL, LI, SMS, WANG, Story, http_check, plan, rule
from watchtower.channels.kinds.sms.gateway import SmsGateway
from watchtower.core.events import (
    ClockStepped,
    Decision,
    Delivered,
    Failed,
    IncidentChanged,
    PageChanged,
    PageQueued,
    Ticked,
)
from watchtower.core.incident.incidents import Page, PageState
from watchtower.core.notify.budgets import Budgets
from watchtower.core.plan import Plan
from watchtower.core.plan.incident import IncidentPolicy
from watchtower.core.plan.paging import Responder
from watchtower.core.plan.storm import StormPolicy
from watchtower.errors import DeliveryFault
from watchtower.model import Language, Severity
from watchtower.page_kinds import PageKind

DAY, SPENT = 86400.0, DeliveryFault.OTHER_CHANNEL
ONE_WAY = Responder(name="li", role="oncall", addresses={SMS: "+8613800000000"})


def budgeted(
    *budget: str,
    severity: str = "P0",
    people: Sequence[Responder] = (LI, WANG),
    checks: int = 1,
    **more: Sequence[str],
) -> Plan:
    """One rule on each of these checks; SMS has this budget, or each of several channels its own."""
    found = [http_check(f"c{n}", no_data_after=1e9) for n in range(checks)]
    made = plan(found, [rule("down", 'outcome == "down"', *found, severity=severity)], people)
    named = {f"sms.{name}": limits for name, limits in more.items()} or {"sms": budget}
    channels = {
        name: SmsGateway.Settings(file="phone", budget=list(limits)) for name, limits in named.items()
    }
    return replace(made, channels=channels, incident=IncidentPolicy(reopen_within=0.0))


def sent(decisions: Sequence[Decision], channel: str = SMS, who: str = "li") -> list[Page]:
    pages = [d.page for d in decisions if isinstance(d, PageQueued) and d.page.state is PageState.QUEUED]
    return [page for page in pages if page.address == (who, channel)]


def kinds(decisions: Sequence[Decision], channel: str = SMS, who: str = "li") -> list[str]:
    return [str(page.kind) for page in sent(decisions, channel, who)]


def held(decisions: Sequence[Decision]) -> list[str]:
    return [d.detail for d in decisions if isinstance(d, PageChanged) and d.reason == "over_budget"]


def bad_for(story: Story, seconds: float, check: str = "c0") -> None:
    """It is down for so long, every page arrives at once, and then it is well until the incident is over."""
    story.down(check)
    for _ in range(int(seconds / 30)):
        story.deliver_all()
        story.wait(30).tick()
    well(story, check)


def well(story: Story, check: str = "c0") -> None:
    story.up(check)
    for _ in range(200):
        story.deliver_all()
        if not story.engine.state.incidents:
            return
        story.wait(60).tick()


def test_two_a_day_are_the_first_page_and_the_all_clear_of_a_p0() -> None:
    story = Story(budgeted("2/24h"))
    bad_for(story, 1800)
    assert kinds(story.decisions) == ["new", "resolved"]
    assert kinds(story.decisions, EMAIL).count("reminder") == 6, "they come by mail, as before"
    assert set(held(story.decisions)) == {"over budget 2/1d"}


def test_what_is_held_back_is_said_in_the_mail_of_the_same_moment() -> None:
    story = Story(budgeted("2/24h"))
    bad_for(story, 600)
    first, reminder = sent(story.decisions, EMAIL)[:2]
    assert first.message.note is None
    assert reminder.message.note is not None
    assert (
        reminder.message.note.in_(Language.EN)
        == "Not sent by SMS, which carries 2 in 1 d: they are used, or kept for P0"
    )
    assert reminder.message.note.in_(Language.ZH) == "未发短信：1 天限 2 条，已用完或留给 P0"
    assert not [page for page in sent(story.decisions, EMAIL) if page.failover_of], "nothing is passed on"
    assert not sent(story.decisions, EMAIL, "wang")
    assert story.engine.state.budgets.elsewhere == set()


def test_a_reminder_goes_to_the_mail_of_a_person_who_is_paged_by_sms_only() -> None:
    made = budgeted("2/24h")
    only = made.paging[Severity.P0].model_copy(update={"channels": (SMS,)})
    story = Story(replace(made, paging={**made.paging, Severity.P0: only}))
    bad_for(story, 1800)
    assert kinds(story.decisions) == ["new", "resolved"]
    mails = sent(story.decisions, EMAIL)
    assert [str(page.kind) for page in mails].count("reminder") == 6
    assert all(page.failover_of for page in mails if page.kind.traits.repeats)


def test_without_another_way_it_falls_over_as_if_it_had_failed() -> None:
    story = Story(budgeted("1/24h", people=(ONE_WAY, WANG), checks=2))
    bad_for(story, 60)
    story.wait(300)
    story.down("c1")
    assert kinds(story.decisions) == ["new"]
    assert kinds(story.decisions, EMAIL, "wang")[-1:] == ["new"]


def test_when_nobody_is_left_that_is_an_incident() -> None:
    story = Story(budgeted("1/24h", people=(ONE_WAY,), checks=2))
    bad_for(story, 60)
    story.wait(300)
    decisions = story.down("c1")
    assert any(getattr(d, "reason", "") == "reached_nobody" for d in decisions)


def test_what_is_left_is_kept_for_a_p0() -> None:
    """A storm of P1 takes what it may, and the P0 of the same night is told by SMS, with its all-clear."""
    made = budgeted("10/24h", severity="P1", checks=11)
    worst = rule("gone", 'outcome == "down"', made.checks["c10"], severity="P0")
    down = made.rules["down"]
    some = {name: one for name, one in down.programs.items() if name != "c10"}
    made = replace(made, rules={"down": down.model_copy(update={"programs": some}), "gone": worst})
    story = Story(made)
    for n in range(10):
        bad_for(story, 30, f"c{n}")
        story.wait(300)
    assert len(sent(story.decisions)) <= 8
    before = len(sent(story.decisions))
    bad_for(story, 600, "c10")
    assert kinds(story.decisions)[before:] == ["new", "resolved"]


def test_the_next_day_there_is_room_again() -> None:
    story = Story(budgeted("2/24h", checks=2))
    bad_for(story, 600)
    story.wait(DAY)
    bad_for(story, 600, "c1")
    assert kinds(story.decisions) == ["new", "resolved"] * 2


def test_a_limit_that_sets_a_pace_makes_pages_wait() -> None:
    made = replace(budgeted("1/1m", checks=3), storm=StormPolicy(window=0.0))
    story = Story(made)
    for n in range(3):
        story.down(f"c{n}")
        story.deliver_all()
    assert len(sent(story.decisions)) == 1
    for _ in range(13):
        story.wait(5).tick()
        story.deliver_all()
    first, second = sent(story.decisions)
    assert second.created_at - first.created_at == 60.0
    assert {second.incident, *(one.incident for one in second.message.also)} == {"INC-2", "INC-3"}
    assert held(story.decisions) == []


@pytest.mark.parametrize(("limit", "again"), [("1/24h", True), ("1/24h with failed", False)])
def test_a_page_that_failed_gives_its_place_back_unless_failed_ones_count(limit: str, again: bool) -> None:
    story = Story(budgeted(limit, checks=2))
    story.down("c0")
    [page] = sent(story.decisions)
    story.feed(Failed(page.id, page.incident, "isv.DAY_LIMIT_CONTROL", SPENT))
    story.deliver_all()
    story.wait(600)
    story.down("c1")
    assert (len(sent(story.decisions)) == 2) is again


def test_what_a_providers_own_limit_refuses_goes_another_way_each_time() -> None:
    made = budgeted("40/24h")
    only = made.paging[Severity.P0].model_copy(update={"channels": (SMS,)})
    story = Story(replace(made, paging={**made.paging, Severity.P0: only}))
    story.down("c0")
    for _ in range(40):
        for page in story.undelivered():
            if page.channel == SMS:
                story.feed(Failed(page.id, page.incident, "LimitExceeded.PhoneNumberDailyLimit", SPENT))
        story.deliver_all()
        story.wait(30).tick()
    assert kinds(story.decisions, EMAIL) == ["new", "reminder", "reminder", "reminder"]


def test_what_a_provider_refuses_after_the_mail_arrived_comes_by_no_second_mail() -> None:
    story = Story(budgeted("40/24h"))
    story.down("c0")
    for page in sorted(story.undelivered(), key=lambda page: page.channel == SMS):
        if page.address == ("li", SMS):
            story.feed(Failed(page.id, page.incident, "isv.DAY_LIMIT_CONTROL", SPENT))
        else:
            story.deliver(page)
    assert kinds(story.decisions, EMAIL) == ["new"]
    assert story.engine.state.budgets.elsewhere == set()


def test_where_two_channels_are_full_the_third_carries_a_reminder() -> None:
    """Neither of the two is where the other is told: once by mail."""
    pager = "pager"
    numbers = {SMS: "+8613800000000", pager: "+8613800000000"}
    made = budgeted("2/24h", people=(LI.model_copy(update={"addresses": {**numbers, **LI.addresses}}),))
    only = made.paging[Severity.P0].model_copy(update={"channels": (SMS, pager)})
    channels = {**made.channels, pager: made.channels[SMS]}
    story = Story(replace(made, channels=channels, paging={**made.paging, Severity.P0: only}))
    bad_for(story, 1800)
    assert kinds(story.decisions) == kinds(story.decisions, pager) == ["new", "resolved"]
    assert kinds(story.decisions, EMAIL).count("reminder") == 6


def test_another_channel_of_the_kind_carries_what_the_first_has_no_room_for() -> None:
    story = Story(budgeted(cn=["1/24h"], other=["10/24h"], checks=2))
    bad_for(story, 60)
    story.wait(300)
    story.down("c1")
    pages = sent(story.decisions)
    assert [page.spent for page in pages] == [(), ("sms.cn",), ("sms.cn",)]
    assert held(story.decisions) == []


def test_a_page_counts_on_the_channel_that_took_it() -> None:
    story = Story(budgeted(cn=["1/24h"], other=["1/24h"], checks=2))
    story.down("c0")
    [page] = sent(story.decisions)
    story.feed(Delivered(page.id, page.incident, "", "sms.other (for any number) after sms.cn (http 503)"))
    story.deliver_all()
    story.wait(600)
    story.down("c1")
    assert sent(story.decisions)[-1].spent == ("sms.other",)


def test_a_clock_that_is_set_makes_no_room() -> None:
    story = Story(budgeted("1/24h", checks=2))
    bad_for(story, 60)
    story.wait(2 * DAY)
    story.feed(ClockStepped(2 * DAY))
    story.down("c1")
    assert kinds(story.decisions) == ["new"]


def test_a_clock_that_was_set_back_while_we_were_away_stretches_no_limit() -> None:
    story = Story(budgeted("1/24h"))
    rows = [("p-1", ("li", SMS), PageState.DELIVERED, story.at + 30 * DAY)]
    story.engine.state.budgets.restore(rows, story.at)
    story.wait(DAY + 1.0)
    story.down("c0")
    assert kinds(story.decisions) == ["new"]


# Any life: incidents of all severities come and go, pages arrive, fail or wait, the daemon restarts.

MIXED = ("P0", "P1", "P2", "P0")
LIMITS = ("2/24h", "3/1h", "5/24h with failed", "1/1m")
OPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["down", "up"]), st.integers(0, 7)),
        st.tuples(st.just("wait"), st.sampled_from([1.0, 30.0, 70.0, 400.0, 4000.0, 90000.0])),
        st.tuples(st.sampled_from(["deliver", "fail", "failing"]), st.integers(0, 20)),
    ),
    min_size=10,
    max_size=70,
)


EIGHT = [http_check(f"c{n}", no_data_after=1e9) for n in range(8)]
RULES = [rule(f"r{n}", 'outcome == "down"', one, severity=MIXED[n % 4]) for n, one in enumerate(EIGHT)]


def mixed(limits: Sequence[str], people: Sequence[Responder]) -> Plan:
    channel = SmsGateway.Settings(file="phone", budget=list(limits))
    made = plan(EIGHT, RULES, people)
    return replace(made, channels={"sms": channel}, incident=IncidentPolicy(reopen_within=0.0))


def live(story: Story, ops: Sequence[tuple[str, Any]]) -> None:
    for what, number in ops:
        if what == "wait":
            story.wait(number).tick()
            continue
        if what in ("down", "up"):
            story.see(f"c{number}", what)
            continue
        waiting = story.undelivered()
        if not waiting:
            continue
        page = waiting[number % len(waiting)]
        match what:
            case "deliver":
                story.deliver(page)
            case "fail":
                story.fail(page)
            case _:
                story.failing(page)


def ended(story: Story) -> Mapping[str, tuple[float, bool]]:
    """When each page came to its end, and whether it failed."""
    over = (d for d in story.decisions if isinstance(d, PageChanged) and d.state is not PageState.FAILING)
    return {d.page: (d.at, d.state is PageState.FAILED) for d in over}


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from(LIMITS), min_size=1, max_size=2, unique=True),
    OPS,
    st.sampled_from([(LI, WANG), (ONE_WAY, WANG), (LI,)]),
)
def test_never_more_than_the_budget_and_nothing_is_lost(
    limits: Sequence[str], ops: Sequence[tuple[str, Any]], people: Sequence[Responder]
) -> None:
    story = Story(mixed(limits, people))
    live(story, ops)
    pages, over = sent(story.decisions), ended(story)
    for limit in story.plan.budgets["sms"]["sms"]:
        ends = (over.get(page.id, (story.at, False)) for page in pages)
        times = sorted(at for at, failed in ends if limit.failed or not failed)
        for at in times:
            assert sum(at - limit.per < other <= at for other in times) <= limit.most, limit
    told_elsewhere(story)


def told_elsewhere(story: Story) -> None:
    """Each page that was held back: the person got the same message another way or it waits there, or others got it, or
    nobody need hear it any more, because it is over or repeats what they know."""
    pages = {d.page.id: d.page for d in story.decisions if isinstance(d, PageQueued)}
    opened, unreached = dict[str, bool](), False
    for one in story.decisions:
        if isinstance(one, IncidentChanged):
            opened[one.incident.id] = one.incident.open
        unreached |= one.reason == "reached_nobody"
        if not isinstance(one, PageChanged) or one.reason != "over_budget" or not opened[one.incident]:
            continue
        page = pages[one.page]
        others = [p for p in pages.values() if p.incident == page.incident and p.id != page.id]
        if not (page.kind.traits.repeats or page.message.informs or others):
            # Nobody is left who could be asked: that is an incident itself, or will be when the last attempt fails.
            assert unreached or any(d.reason == "reached_nobody" for d in story.decisions), page


@settings(max_examples=30, deadline=None)
@given(OPS, st.sampled_from(LIMITS[:3]))
def test_a_p0_is_never_held_back_because_of_less(ops: Sequence[tuple[str, Any]], limit: str) -> None:
    """Whatever P1 and P2 did before: where no P0 was sent for as long as the limit looks back, its first page goes."""
    story = Story(mixed([limit], (LI, WANG)))
    live(story, [(what, n) for what, n in ops if what not in ("down", "up") or MIXED[n % 4] != "P0"])
    story.deliver_all()
    for n in range(8):
        story.up(f"c{n}")
    story.deliver_all()
    story.wait(61).tick()
    before = len(sent(story.decisions))
    story.down("c0")
    for _ in range(3):
        story.wait(30).feed(Ticked())
    [first, *_] = sent(story.decisions)[before:]
    assert first.message.severity is Severity.P0


def test_a_page_that_was_cancelled_leaves_its_room() -> None:
    """After an outage of the gateway the all-clear has room: what was never sent does not count."""
    story = Story(budgeted("2/24h", people=(ONE_WAY,)))
    page = replace(sent(story.down("c0"))[0], kind=PageKind.RESOLVED)
    budgets, incident = Budgets(), story.engine.state.incidents[page.incident]

    def due(at: float, number: int) -> float:
        return budgets.take(story.plan, incident, replace(page, id=f"p{number}"), at)[0]

    assert (due(0.0, 1), due(1.0, 2), due(2.0, 3)) == (0.0, 1.0, inf)
    budgets.ended(replace(page, id="p1", state=PageState.CANCELLED), 3.0, "")
    assert due(4.0, 3) == 4.0
