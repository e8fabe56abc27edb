"""Which flows and users a page names, what an all-clear says of what people did, and what is news of a flow."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.builders import Story, http_check, plan, rule
from tests.core.severity.numbers import Case, about, flow, numbers
from watchtower.core.checklists.tasks import Task, Tasks, TaskState
from watchtower.core.degrade.runs import Run, Runs
from watchtower.core.events import PageQueued
from watchtower.core.incident.history import History
from watchtower.core.incident.incidents import PageState
from watchtower.core.indicators import DEGRADED, DOWN
from watchtower.core.notify.scenes import with_scenes
from watchtower.core.notify.suffering import done, flows_of, undone, users_of, worst_of
from watchtower.core.notify.worse import _is_news, sentence
from watchtower.core.state import Step
from watchtower.model import Text, Tier


def test_an_all_clear_names_the_plans_that_were_carried_out() -> None:
    case = Case()
    runs = Runs((Run("r1", "switch-gateway", started_at=5.0), Run("r2", "limit-orders")))
    case.state.histories["INC-1"] = replace(History(), degrade=runs)
    said = done(Step(case.plan, case.state, 60.0), case.incident)
    assert said == Text("Done: switch-gateway was carried out", "已采取：执行降级预案 switch-gateway")


@pytest.mark.parametrize(("ended", "named"), [(99.0, False), (100.0, True), (160.0, True)])
def test_what_was_rolled_back_since_it_was_well_is_named(ended: float, named: bool) -> None:
    case = Case()
    runs = Runs((Run("r1", "switch-gateway", started_at=5.0, ended_at=ended),))
    history = replace(History(), degrade=runs, milestones=replace(History().milestones, well_since=100.0))
    case.state.histories["INC-1"] = history
    said = undone(Step(case.plan, case.state, 160.0), case.incident)
    assert (said is not None) is named
    ago = {99.0: "", 100.0: "1 min", 160.0: "0 s"}[ended]
    assert (said.en if said else "") == (f"{ago} before: switch-gateway was rolled back" if named else "")


@pytest.mark.parametrize(("users", "said"), [(1.0, 1.0), (0.9, None)])
def test_one_user_is_said(users: float, said: float | None) -> None:
    case = Case()
    case.sees(numbers(flow(), at=60.0, affected_users=about(users)))
    found = users_of(Step(case.plan, case.state, 60.0), case.incident)
    assert (found.point if found else None) == said


def test_an_all_clear_names_the_two_newest_things_that_people_did() -> None:
    """What ticks itself, is not done, or stands in the SOP of something else is not named."""
    case = Case()
    tasks = (
        Task(3, Text("a third", "后"), sop="pay", state=TaskState.DONE, at=30.0),
        Task(2, Text("m second", "中"), sop="pay", state=TaskState.DONE, at=20.0),
        Task(1, Text("z first", "先"), sop="pay", state=TaskState.DONE, at=10.0),
        Task(4, Text("by itself", "自动"), sop="pay", state=TaskState.DONE, at=40.0, auto="ack"),
        Task(5, Text("not done", "未做"), sop="pay"),
        Task(6, Text("of another", "其他"), sop="login", state=TaskState.DONE, at=50.0),
    )
    case.state.histories["INC-1"] = replace(History(), sop=Tasks(tasks))
    said = done(Step(case.plan, case.state, 60.0), replace(case.incident, sop="pay"))
    assert said == Text("Done: m second; a third", "已采取：中；后")


def test_what_gets_worse_is_said_by_the_newest_alert_of_the_flow() -> None:
    checks = [http_check(name, flow="checkout") for name in ("a", "z", "m")]
    story = Story(plan(checks, [rule(f"{c.name}-down", "outcome == 'down'", c) for c in checks]))
    for name in ("a", "z", "m"):
        story.wait(10.0).down(name)
    step = Step(story.plan, story.engine.state, story.at)
    said = sentence(step, story.engine.state.incidents["INC-1"], [flow("checkout", impact=1.0)])
    assert said.en == "it got worse: m-down (no answer in time)"


@pytest.mark.parametrize(("state", "brings"), [(PageState.QUEUED, True), (PageState.HELD, False)])
def test_a_mail_that_waits_brings_no_scene(state: PageState, brings: bool) -> None:
    bank = http_check("bank")
    story = Story(plan([bank], [rule("down", "outcome == 'down'", bank)]))
    queue = next(d for d in story.down("bank") if isinstance(d, PageQueued) and d.page.channel == "email")
    page = replace(queue.page, state=state, message=replace(queue.page.message, informs=True))
    step = Step(story.plan, story.engine.state, story.at)
    step.decisions.append(replace(queue, page=page))
    (said,) = with_scenes(step)
    assert isinstance(said, PageQueued)
    assert (said.scene is not None) is brings


@pytest.mark.parametrize(
    ("tier", "before", "impact", "news"),
    [
        (Tier.CORE, 0.0, DEGRADED, True),
        (Tier.SUPPORTING, 0.0, DEGRADED, False),
        (Tier.CORE, DEGRADED, DEGRADED, False),
        (Tier.SUPPORTING, 0.0, DOWN, True),
        (Tier.SUPPORTING, DOWN, 1.0, False),
    ],
)
def test_a_supporting_flow_is_news_only_when_it_is_down(
    tier: Tier, before: float, impact: float, news: bool
) -> None:
    assert _is_news(flow(impact=impact, tier=tier), before) is news


def test_of_flows_that_suffer_the_worst_stands_first_and_of_equals_the_heaviest() -> None:
    case = Case()
    flows = [flow("a", impact=0.5), flow("b", impact=0.9, weight=0.1), flow("c", impact=0.9, weight=0.5)]
    case.sees(numbers(*flows, at=60.0))
    found = flows_of(Step(case.plan, case.state, 60.0), case.incident)
    assert [one.title.en for one in found] == ["c", "b", "a"]


def test_a_share_is_told_to_a_hundredth_of_a_percent() -> None:
    case = Case()
    case.sees(numbers(flow(impact=0.456789), at=60.0))
    step = Step(case.plan, case.state, 60.0)
    told = [one.impact for found in (flows_of, worst_of) for one in found(step, case.incident)]
    assert told == [0.4568, 0.4568]


def test_of_what_was_done_at_one_moment_the_order_of_the_sop_stays() -> None:
    case = Case()
    tasks = [Task(n, Text(said, said), state=TaskState.DONE, at=10.0) for n, said in enumerate("ba")]
    case.state.histories["INC-1"] = replace(History(), sop=Tasks(tuple(tasks)))
    said = done(Step(case.plan, case.state, 60.0), case.incident)
    assert said is not None
    assert said.en == "Done: b; a"
