"""A channel with a fault of ours is an incident of its own, until a page goes through by it again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.builders import LI, SMS, Story, http_check, pages, plan, queued, rule
from watchtower.core.events import AlertChanged, ChannelBroken, Delivered, Failed
from watchtower.core.incident.incidents import Incident
from watchtower.core.incident.kinds import IncidentKind
from watchtower.core.notify.own_faults import channel_broken
from watchtower.core.plan import Plan
from watchtower.core.plan.paging import Responder
from watchtower.core.state import Step
from watchtower.errors import DeliveryFault
from watchtower.model import Severity

BANK = http_check("bank")
DOWN = rule("down", "outcome == 'down'", BANK)
ARREARS = ChannelBroken("sms", "isv.OUT_OF_SERVICE", "the account is in arrears", Severity.P0)


def a_plan(**more: object) -> Plan:
    return replace(plan([BANK], [DOWN]), channels={"sms": object(), "email": object()}, **more)  # type: ignore[arg-type]


def told() -> Story:
    story = Story(a_plan())
    story.down("bank")
    return story


def of_channel(story: Story) -> list[Incident]:
    return [one for one in story.engine.state.incidents.values() if one.kind is IncidentKind.CHANNEL]


def test_it_is_told_once_and_says_why() -> None:
    story = told()
    decisions = story.feed(ARREARS)
    assert pages(decisions) == ["new P1 li sms", "new P1 li email"]
    [because] = queued(decisions)[0].message.because
    assert (
        because.text.en == "sms takes no page until we fix it: isv.OUT_OF_SERVICE: the account is in arrears"
    )
    assert [one.key for one in of_channel(story)] == ["channel:sms"]
    assert story.feed(ARREARS) == []


def test_it_ends_when_a_page_goes_through_by_that_channel() -> None:
    story = told()
    sms, mail, *_ = story.undelivered()
    story.feed(ARREARS)
    story.feed(Delivered(mail.id, mail.incident, channel="email"))
    assert of_channel(story)[0].open
    story.feed(Delivered(sms.id, sms.incident, channel="sms"))
    assert not of_channel(story)[0].open


@pytest.mark.parametrize(
    ("page", "incident"), [(Severity.P0, "P1"), (Severity.P1, "P1"), (Severity.P3, "P3")]
)
def test_it_is_as_severe_as_the_page_that_was_refused_p1_at_most(page: Severity, incident: str) -> None:
    story = told()
    story.feed(replace(ARREARS, severity=page))
    assert of_channel(story)[0].severity == incident


def test_a_worse_page_raises_it_and_a_milder_one_does_not() -> None:
    story = told()
    story.feed(replace(ARREARS, severity=Severity.P3))
    assert "new P1 li sms" in pages(story.feed(ARREARS))  # the first page still waited
    assert story.feed(replace(ARREARS, severity=Severity.P3)) == []


def test_a_channel_that_leaves_the_configuration_is_over() -> None:
    story = told()
    story.feed(ARREARS)
    story.engine.replace_plan(a_plan(), story.at)
    assert of_channel(story)[0].open
    without = replace(a_plan(), channels={"email": object()})  # type: ignore[dict-item]
    story.engine.replace_plan(without, story.at)
    assert not of_channel(story)[0].open


def test_it_never_breeds_another_though_its_own_page_is_refused() -> None:
    alone = Responder(name="li", role="oncall", addresses={SMS: LI.addresses[SMS]})
    story = Story(a_plan(responders={"li": alone}))
    story.down("bank")
    for page in queued(story.feed(ARREARS)):
        story.feed(Failed(page.id, page.incident, ARREARS.code, DeliveryFault.OURS))
        story.feed(ARREARS)
    assert len(of_channel(story)) == 1


def test_its_alert_fires_since_then_and_is_recorded() -> None:
    story = told()
    story.wait(7.0)
    step = Step(story.plan, story.engine.state, story.at)
    (alert,) = channel_broken(step, "sms", "535", "who are you", Severity.P1)
    assert (alert.onset, alert.fired_at) == (story.at, story.at)
    assert [d.alert for d in step.decisions if isinstance(d, AlertChanged)] == [alert]
    assert story.engine.state.alerts[alert.key] == alert
