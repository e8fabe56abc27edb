"""The canary asks for a test page by each channel of each person, and for nothing else."""

from __future__ import annotations

from dataclasses import replace

from watchtower.channels import traits
from watchtower.core.drills import canary
from watchtower.core.events import CanaryAsked, Delivered, Failed, PageChanged, PageQueued
from watchtower.core.incident.incidents import PageState
from watchtower.core.pipeline.engine import Engine
from watchtower.core.plan import Plan
from watchtower.core.plan.canary import CanaryPolicy
from watchtower.core.plan.drills import DrillCalendar
from watchtower.core.plan.paging import Responder
from watchtower.page_kinds import PageKind

AT = 1_795_948_200.0
TUESDAY_0230 = 1_796_092_200.0
PLAN = Plan(
    kinds=traits(),
    channels={"email": None, "sms.cn": None, "sms.abroad": None},
    responders={
        "li": Responder(name="li", addresses={"email": "li@example.com", "sms": "+8613800000001"}),
        "wang": Responder(
            name="wang", addresses={"sms": "+8613800000002", "webhook": "https://example.com/wang"}
        ),
    },
)


def asked(*names: str) -> tuple[Engine, list[PageQueued]]:
    engine = Engine(PLAN, {}, AT)
    return engine, [d for d in engine.handle(CanaryAsked(names), AT) if isinstance(d, PageQueued)]


def test_everybody_is_sent_one_by_each_channel_that_is_configured() -> None:
    _, pages = asked()
    assert [(d.page.responder, d.page.channel, d.page.spent) for d in pages] == [
        ("li", "email", ()),
        ("li", "sms", ("sms.abroad",)),
        ("li", "sms", ("sms.cn",)),
        ("wang", "sms", ("sms.abroad",)),
        ("wang", "sms", ("sms.cn",)),
    ]
    assert [canary.carrier(PLAN, d.page) for d in pages][:3] == ["email", "sms.cn", "sms.abroad"]
    assert {d.page.kind for d in pages} == {PageKind.TEST}
    assert {d.page.incident for d in pages} == {f"{canary.BOOK}-{int(AT * 1000)}"}
    assert all(d.page.message.informs for d in pages)


def test_one_person_or_nobody() -> None:
    assert [d.page.channel for d in asked("wang")[1]] == ["sms", "sms"]
    assert asked("nobody")[1] == []


def test_one_a_moment_later_is_another_canary() -> None:
    engine, first = asked("wang")
    again = [d for d in engine.handle(CanaryAsked(("wang",)), AT + 0.25) if isinstance(d, PageQueued)]
    assert len(again) == len(first)
    assert not {d.page.id for d in again} & {d.page.id for d in first}


def test_what_became_of_it_is_recorded_and_nobody_else_is_asked() -> None:
    engine, [first, second, *_] = asked()
    incident = first.page.incident
    done = engine.handle(Delivered(first.page.id, incident, "queue-7", channel="email"), AT + 1.0)
    lost = engine.handle(Failed(second.page.id, incident, "550"), AT + 1.0)
    states = [d.state for d in (*done, *lost) if isinstance(d, PageChanged)]
    assert states == [PageState.DELIVERED, PageState.FAILED]
    assert not any(isinstance(d, PageQueued) for d in lost)


def test_it_is_due_by_its_calendar_once() -> None:
    policy = CanaryPolicy(at="10:30", days=("tue",), zone="Asia/Shanghai")
    calendar = DrillCalendar(TUESDAY_0230 - 30.0)
    due = [bool(calendar.due({"": policy}, TUESDAY_0230 + after)) for after in (-10.0, 5.0, 25.0, 86400.0)]
    assert due == [False, True, False, False]
    assert not DrillCalendar(TUESDAY_0230 - 30.0).due({"": replace(PLAN).canary}, TUESDAY_0230 + 5.0)
