"""What of a budget is kept, on which channel a page counts, and who hears of it another way."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import Any

import pytest

from tests.core.builders import EMAIL, SMS, WANG, Story, queued
from tests.core.notify.test_budgets import DAY, ONE_WAY, budgeted, kinds, sent
from watchtower.channels.kinds.sms.gateway import SmsGateway
from watchtower.core.events import (
    PageQueued,
)
from watchtower.core.incident.incidents import Page, PageState
from watchtower.core.notify.budgets import Budgets, share_kept
from watchtower.core.notify.over_budget import by_another_channel
from watchtower.core.plan import Plan
from watchtower.core.plan.budget import BudgetLimit
from watchtower.core.state import Step
from watchtower.model import IncidentState, Severity
from watchtower.page_kinds import PageKind


def test_a_page_of_an_earlier_run_that_failed_takes_no_room() -> None:
    story = Story(budgeted("1/24h"))
    rows = [("p-1", ("li", SMS), PageState.FAILED, story.at - 60.0)]
    story.engine.state.budgets.restore(rows, story.at)
    story.down("c0")
    assert kinds(story.decisions) == ["new"]


@pytest.mark.parametrize(
    ("record", "kept"),
    [
        (Severity.P0, (0, 0, 20)),
        (Severity.P1, (20, 30, 40)),
        (Severity.P2, (60, 70, 70)),
        (Severity.P3, (60, 70, 70)),
    ],
)
def test_what_of_a_budget_is_left_after_a_page(record: Severity, kept: tuple[int, int, int]) -> None:
    story = Story(budgeted("10/24h"))
    (page,) = sent(story.down("c0"))
    incident = replace(story.engine.state.incidents[page.incident], record=record)
    three = (page, replace(page, kind=PageKind.RESOLVED), replace(page, kind=PageKind.REMINDER))
    assert tuple(share_kept(incident, one) for one in three) == kept
    assert share_kept(replace(incident, drill=True), page) == share_kept(None, page) == 70


def by_sms(made: Plan) -> Story:
    """A P0 goes by SMS only."""
    only = made.paging[Severity.P0].model_copy(update={"channels": (SMS,)})
    return Story(replace(made, paging={**made.paging, Severity.P0: only}))


def full(story: Story, **changed: Any) -> tuple[bool, list[Page]]:
    """Whether the first page of INC-1, changed so, is heard of by another channel; and what is sent there."""
    (page,) = sent(story.down("c0"))
    story.engine.state.pages.clear()
    page = replace(page, message=replace(page.message, **changed))
    step = Step(story.plan, story.engine.state, story.at)
    heard = by_another_channel(step, page, BudgetLimit(1, DAY))
    return heard, [d.page for d in step.decisions if isinstance(d, PageQueued)]


def test_the_copy_by_another_channel_has_a_number_of_its_own() -> None:
    """By mail this page may have gone, and have been delivered, already."""
    heard, (copy,) = full(by_sms(budgeted("1/24h")))
    assert heard
    assert (copy.channel, copy.id) == (EMAIL, "INC-1.3.li.email")


@pytest.mark.parametrize(
    ("informs", "channel", "heard"), [(True, EMAIL, True), (True, "loud", False), (False, "loud", True)]
)
def test_who_is_only_informed_is_woken_by_no_other_channel(informs: bool, channel: str, heard: bool) -> None:
    way = ONE_WAY.model_copy(update={"addresses": {**ONE_WAY.addresses, channel: "li"}})
    made = budgeted("1/24h", people=(way,))
    kinds = {**made.kinds, "loud": made.kinds[SMS]}
    found, copies = full(by_sms(replace(made, kinds=kinds)), informs=informs)
    assert (found, [page.channel for page in copies]) == (heard, [channel] * heard)


def test_what_failed_for_good_is_no_longer_asked_of() -> None:
    story = Story(budgeted("5/24h"))
    (page,) = sent(story.down("c0"))
    assert story.engine.state.budgets.elsewhere == {page.id}
    story.failing(page)
    story.fail(page)
    assert story.engine.state.budgets.elsewhere == set()


def test_a_page_on_its_way_counts_on_the_channel_that_carries_it() -> None:
    story = Story(budgeted(cn=["1/24h"], other=["1/24h"]))
    (page,) = sent(story.down("c0"))
    budgets, incident = Budgets(), story.engine.state.incidents[page.incident]
    spent = [budgets.take(story.plan, incident, replace(page, id=f"p{n}"), float(n))[:2] for n in range(3)]
    assert spent == [(0.0, ()), (1.0, ("sms.cn",)), (inf, ("sms.cn", "sms.other"))]


def test_what_was_passed_on_once_is_not_passed_on_again() -> None:
    story = by_sms(budgeted("1/24h"))
    (page,) = sent(story.down("c0"))
    story.engine.state.pages.clear()
    step = Step(story.plan, story.engine.state, story.at)
    assert not by_another_channel(step, replace(page, failover_of="p0"), None)
    assert not step.decisions


@pytest.mark.parametrize("state", [PageState.HELD, PageState.FAILING])
def test_only_a_page_that_was_not_handed_over_says_what_is_not_sent_beside_it(state: PageState) -> None:
    story = Story(budgeted("1/24h"))
    page, mail = sent(story.down("c0"))[0], sent(story.decisions, EMAIL)[0]
    story.engine.state.pages[mail.id] = replace(mail, state=state)
    step = Step(story.plan, story.engine.state, story.at)
    assert by_another_channel(step, page, BudgetLimit(1, DAY))
    note = story.engine.state.pages[mail.id].message.note
    assert (note is not None) is (state is PageState.HELD)


def test_what_is_kept_is_rounded_up() -> None:
    story = Story(budgeted("37/24h"))
    page = replace(sent(story.down("c0"))[0], kind=PageKind.RESOLVED)
    budgets, incident = Budgets(), replace(story.engine.state.incidents["INC-1"], record=Severity.P1)
    took = [
        budgets.take(story.plan, incident, replace(page, id=f"p{n}"), float(n))[0] < inf for n in range(37)
    ]
    assert sum(took) == 25, "30 % of 37 are 11.1"


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"key": "unreached"}, PageKind.NEW),
        ({"state": IncidentState.RESOLVED}, PageKind.REMINDER),
    ],
)
def test_that_nobody_is_reached_and_what_is_over_goes_by_no_other_channel(
    change: dict[str, Any], kind: PageKind
) -> None:
    story = by_sms(budgeted("1/24h"))
    (page,) = sent(story.down("c0"))
    story.engine.state.pages.clear()
    known = story.engine.state.incidents
    known["INC-1"] = replace(known["INC-1"], **change)
    step = Step(story.plan, story.engine.state, story.at)
    assert not by_another_channel(step, replace(page, kind=kind), None)


def test_the_first_channel_with_room_carries_it_whatever_its_name() -> None:
    story = Story(budgeted(other=["1/24h"], cn=["1/24h"]))
    (page,) = sent(story.down("c0"))
    budgets, incident = Budgets(), story.engine.state.incidents[page.incident]
    spent = [budgets.take(story.plan, incident, replace(page, id=f"p{n}"), 0.0)[1] for n in range(2)]
    assert spent == [(), ("sms.other",)]


def test_of_two_limits_that_are_used_up_the_first_is_named() -> None:
    story = Story(budgeted("1/24h", "1/48h"))
    (page,) = sent(story.down("c0"))
    budgets, incident = Budgets(), story.engine.state.incidents[page.incident]
    found = [budgets.take(story.plan, incident, replace(page, id=f"p{n}"), 0.0) for n in range(2)]
    assert [str(limit) for _, _, limit in found] == ["None", "1/1d"]


def test_what_another_person_is_sent_is_not_heard_by_this_one() -> None:
    story = Story(budgeted("1/24h", people=(ONE_WAY, WANG)))
    (page,) = sent(story.down("c0"))
    story.engine.state.pages.clear()
    story.engine.state.pages["mail"] = replace(page, id="mail", responder="wang", channel=EMAIL)
    assert not by_another_channel(Step(story.plan, story.engine.state, story.at), page, None)


@pytest.mark.parametrize(("limit", "due"), [("1/60s", 60.0), ("1/61s", inf)])
def test_only_a_limit_of_a_minute_sets_a_pace(limit: str, due: float) -> None:
    story = Story(budgeted(limit))
    (page,) = sent(story.down("c0"))
    budgets, incident = Budgets(), story.engine.state.incidents[page.incident]
    assert [budgets.take(story.plan, incident, replace(page, id=f"p{n}"), 0.0)[0] for n in range(2)] == [
        0.0,
        due,
    ]


def test_what_an_earlier_run_delivered_takes_room() -> None:
    story = Story(budgeted("1/24h"))
    rows = [("p-1", ("li", SMS), PageState.DELIVERED, story.at - 60.0)]
    story.engine.state.budgets.restore(rows, story.at)
    story.down("c0")
    assert kinds(story.decisions) == []


def test_after_just_so_long_there_is_room_again() -> None:
    story = Story(budgeted("1/24h"))
    (page,) = sent(story.down("c0"))
    budgets, incident = Budgets(), story.engine.state.incidents[page.incident]
    budgets.take(story.plan, incident, page, 0.0)
    budgets.ended(replace(page, state=PageState.DELIVERED), 10.0, "")
    due = [
        budgets.take(story.plan, incident, replace(page, id="p2"), at)[0] for at in (DAY + 9.0, DAY + 10.0)
    ]
    assert due == [inf, DAY + 10.0]


def test_what_waits_by_another_channel_already_is_not_sent_there_again() -> None:
    story = by_sms(budgeted("1/24h"))
    (page,) = sent(story.down("c0"))
    story.engine.state.pages.clear()
    story.engine.state.budgets.elsewhere.add(page.id)
    step = Step(story.plan, story.engine.state, story.at)
    assert by_another_channel(step, page, None)
    assert not step.decisions


def test_the_next_way_that_has_room_carries_it() -> None:
    ways = {SMS: "+8613800000000", "voice": "+8613800000000", EMAIL: "li@example.com"}
    made = budgeted("1/24h", people=(ONE_WAY.model_copy(update={"addresses": ways}),))
    used = SmsGateway.Settings(file="phone", budget=["1/24h"])
    story = by_sms(replace(made, channels={**made.channels, "voice": used}))
    first = sent(story.down("c0"))[0]
    incident = story.engine.state.incidents["INC-1"]
    story.engine.state.budgets.take(
        story.plan, incident, replace(first, id="call", channel="voice"), story.at
    )
    story.engine.state.pages.clear()
    step = Step(story.plan, story.engine.state, story.at)
    assert by_another_channel(step, first, None)
    assert [page.channel for page in queued(step.decisions)] == [EMAIL]
