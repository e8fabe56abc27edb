"""Status updates that are sent: to whom, by what, and what the log keeps of it."""

from __future__ import annotations

from dataclasses import replace

from tests.core.builders import EMAIL, LI, SMS, WEBHOOK, Story, http_check, pages, plan, rule
from watchtower.core.events import ActionRequest, Decision, PageQueued, Refused, ResolvedByHand, SilenceAsked
from watchtower.core.matchers import parse_matchers
from watchtower.core.plan import Plan
from watchtower.core.plan.paging import Responder

PAY = http_check("pay", "checkout")
ZHAO = Responder(name="zhao", role="board", addresses={EMAIL: "zhao@example.com", SMS: "+8613800000001"})
HOOK = Responder(name="status-site", role="site", addresses={WEBHOOK: "https://status.example/hook"})
CALL = Responder(name="boss", role="board", addresses={SMS: "+8613800000002"})


def made() -> Plan:
    return plan([PAY], [rule("down", "outcome == 'down'", PAY)], (LI, ZHAO, HOOK, CALL))


def opened() -> Story:
    told = Story(made())
    told.down("pay")
    told.deliver_all()
    return told


def do(told: Story, action: str, **data: object) -> list[Decision]:
    return told.feed(ActionRequest("INC-1", action, "li", data=data))


def refusal(found: list[Decision]) -> str:
    return next((d.detail for d in found if isinstance(d, Refused)), "")


def test_it_is_sent_to_who_subscribed_by_channels_that_wake_nobody() -> None:
    told = opened()
    for name in ("zhao", "status-site"):
        assert refusal(do(told, "subscribe", who=name)) == ""
    found = do(told, "publish", audience="executives", text="Cards fail since 14:00.", next_minutes=30)
    assert pages(found) == ["update P1 zhao email", "update P1 status-site webhook"]
    page = next(d.page for d in found if isinstance(d, PageQueued))
    assert page.message.note is not None
    assert (page.message.note.en, page.message.informs) == ("Cards fail since 14:00.", True)
    [item] = told.engine.state.histories["INC-1"].notes.said
    assert (item.by, item.tag, item.result, item.due) == (
        "li", "executives", "zhao by email, status-site by webhook", told.at + 1800
    )  # fmt: skip


def test_a_button_that_is_pressed_twice_sends_one() -> None:
    told = opened()
    do(told, "subscribe", who="zhao")
    do(told, "said", audience="internal", text="x")
    assert pages(do(told, "publish", audience="internal", text="x")) == ["update P1 zhao email"]
    assert "a moment ago" in refusal(do(told, "publish", audience="internal", text="x"))
    assert pages(do(told, "publish", audience="executives", text="x")) == ["update P1 zhao email"]
    told.wait(60)
    assert pages(do(told, "publish", audience="internal", text="x")) == ["update P1 zhao email"]


def test_nobody_subscribes_who_cannot_be_sent_one() -> None:
    told = opened()
    assert "there is no responder" in refusal(do(told, "subscribe", who="nobody"))
    assert "wakes nobody" in refusal(do(told, "subscribe", who="boss"))
    do(told, "subscribe", who="zhao")
    assert "already" in refusal(do(told, "subscribe", who="zhao"))
    do(told, "unsubscribe", who="zhao")
    assert pages(do(told, "publish", audience="internal", text="x")) == []
    assert told.engine.state.histories["INC-1"].notes.said[0].result == "nobody"


def test_a_silence_holds_back_no_update() -> None:
    told = opened()
    do(told, "subscribe", who="zhao")
    told.feed(SilenceAsked(parse_matchers(['check="pay"']), told.at, told.at + 3600, "li"))
    assert pages(do(told, "publish", audience="internal", text="x")) == ["update P1 zhao email"]


def test_subscribers_hear_of_the_end_and_what_is_said_later_is_kept() -> None:
    told = opened()
    do(told, "subscribe", who="zhao")
    do(told, "publish", audience="internal", text="x")
    told.deliver_all()
    told.up("pay")
    told.feed(ResolvedByHand("INC-1", "li"))
    assert "resolved P1 zhao email" in pages(told.decisions)
    assert pages(do(told, "publish", audience="public", text="It is over.")) == []
    assert [item.text for item in told.engine.state.histories["INC-1"].notes.said] == ["x", "It is over."]


def test_an_update_to_stakeholders_asks_nobody_to_acknowledge() -> None:
    told = Story(replace(made(), responders={one.name: one for one in (LI, ZHAO)}))
    told.down("pay")
    told.deliver_all()
    do(told, "subscribe", who="zhao")
    do(told, "publish", audience="internal", text="x")
    told.deliver_all()
    told.wait(3600).tick()
    assert not [line for line in pages(told.decisions) if "zhao" in line and "reminder" in line]
