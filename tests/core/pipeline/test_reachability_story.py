"""Customers are sent elsewhere at night: the page comes from the silence and what is seen from outside."""

from __future__ import annotations

from tests.core.builders import Story, pages, queued
from tests.core.pipeline.outside_views import OUTSIDE, checkout
from watchtower.page_kinds import PageKind


def a_round(story: Story, requests: float, *outside: str) -> list[str]:
    """Ten seconds, in which every check of the flow runs once."""
    story.wait(10)
    story.up("health")
    for name, seen in zip(OUTSIDE, outside, strict=True):
        story.see(name, seen)
    return pages(story.up("requests", requests=requests))


def test_an_interception_pages_and_a_quiet_hour_does_not() -> None:
    story = Story(checkout())
    for _ in range(10):
        assert a_round(story, 20.0, "up", "up", "up") == []
    for _ in range(30):  # nobody buys at four in the morning; every view is well
        assert a_round(story, 0.0, "up", "up", "up") == []
    assert a_round(story, 0.0, "up", "up", "down") == []  # one of three is not enough
    assert a_round(story, 0.0, "down", "unknown", "unknown") == []
    assert a_round(story, 0.0, "down", "up", "down") == ["new P0 li sms", "new P0 li email"]
    text = story.undelivered()[0].message.because[0].text
    assert text.en.startswith("Users cannot reach us: requests stopped, the service itself is well, 2 of 3")
    assert "用户无法访问：请求中断，服务自身正常，3 个外部探测中 2 个异常" in text.zh
    story.deliver_all()
    assert a_round(story, 0.0, "unknown", "unknown", "unknown") == [], "a view that is lost is no recovery"
    assert a_round(story, 20.0, "up", "up", "down") == ["resolved P0 li sms", "resolved P0 li email"]


def test_the_page_tells_since_when_no_request_came() -> None:
    story = Story(checkout())
    a_round(story, 20.0, "up", "up", "up")
    last = story.at
    for _ in range(7):
        a_round(story, 0.0, "down", "down", "up")
    [page, *_] = story.undelivered()
    assert page.kind is PageKind.NEW
    assert page.message.because[0].since == last


def test_our_own_fault_is_no_matter_of_reach() -> None:
    story = Story(checkout())
    a_round(story, 20.0, "up", "up", "up")
    for _ in range(12):
        story.wait(10)
        story.down("health")
        for name in OUTSIDE:
            story.down(name)
        assert queued(story.up("requests", requests=0.0)) == []
