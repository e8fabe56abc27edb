"""Budgets that a reload brings, and those of programs."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from math import inf

from tests.core.builders import LI, SMS, Story
from tests.core.notify.test_budgets import bad_for, budgeted, sent
from watchtower.channels.kinds.webhook import WebhookChannel
from watchtower.core.notify.budgets import REMEMBERED, Budgets
from watchtower.model import Severity


def test_a_budget_that_a_reload_brings_counts_what_was_sent_before() -> None:
    story = Story(replace(budgeted("1/24h", checks=2), channels={}))
    bad_for(story, 600)
    before = len(sent(story.decisions))
    assert before > 2
    story.decisions += story.engine.replace_plan(budgeted("10/24h", checks=2), story.at)
    story.wait(300)
    bad_for(story, 600, "c1")
    assert len(sent(story.decisions)) <= 10


def test_what_is_remembered_where_no_budget_asks_is_bounded() -> None:
    budgets, made = Budgets(), replace(budgeted("1/24h"), channels={})
    story = Story(made)
    story.down("c0")
    page = story.undelivered()[0]
    for number in range(REMEMBERED + 10):
        budgets.take(made, None, replace(page, id=f"p-{number}"), story.at)
    asked = budgets.take(budgeted(f"{REMEMBERED}/24h"), None, replace(page, channel=SMS), story.at)
    assert asked[0] == inf


def test_a_program_whose_pages_wait_for_a_pace_hears_of_each_by_itself_and_in_order() -> None:
    made = budgeted(
        "9/24h", checks=3, people=(LI.model_copy(update={"addresses": {"webhook": "https://h.example/"}}),)
    )
    hook = WebhookChannel.Settings.model_validate({"budget": ["1/1m"]})
    paging = {
        **made.paging,
        Severity.P0: made.paging[Severity.P0].model_copy(update={"channels": ("webhook",)}),
    }
    story = Story(replace(made, channels={"webhook": hook}, paging=paging))
    for n in range(3):
        story.down(f"c{n}")
    story.deliver_all()
    story.up("c2")
    for _ in range(200):
        story.wait(5).tick()
        story.deliver_all()
    told = sent(story.decisions, "webhook")
    assert [page.incident for page in told[:3]] == ["INC-1", "INC-2", "INC-3"]
    assert not [page for page in told if page.message.also or page.carries]
    gaps = [later.created_at - page.created_at for page, later in pairwise(told)]
    assert min(gaps) >= 60.0
    assert [str(page.kind) for page in told if page.incident == "INC-3"][-1] == "resolved"
