"""A channel that fails on purpose: whose, and that the fallback must arrive."""

from __future__ import annotations

from dataclasses import replace

from tests.core.builders import EMAIL, LI, SMS, Story, http_check, plan, rule
from watchtower.core.drills.on_purpose import failing
from watchtower.core.events import Delivered, DrillBegan, Failed
from watchtower.core.incident.incidents import Page
from watchtower.core.incident.kinds import CHANNEL
from watchtower.core.plan import Plan
from watchtower.core.plan.drills import FAILED_ON_PURPOSE, Drill
from watchtower.core.plan.paging import Responder
from watchtower.errors import DeliveryFault
from watchtower.model import AlertState, Severity

BANK = http_check("bank")
WANG = Responder(name="wang", role="oncall", addresses={EMAIL: "wang@example.com"})
WEEK = 7 * 86400.0


def drill(**more: object) -> Drill:
    return Drill(name="fallback", check="bank", severity=Severity.P1, lasts=600.0, **more)  # type: ignore[arg-type]


def made(one: Drill) -> Plan:
    base = plan([BANK], [rule("down", "outcome == 'down'", BANK, severity="P1")], [LI, WANG])
    return replace(base, drills={one.name: one}, channels={SMS: object(), EMAIL: object()})


def fail(told: Story, page: Page) -> None:
    told.feed(Failed(page.id, page.incident, FAILED_ON_PURPOSE, DeliveryFault.ADDRESS))


def play(told: Story, one: Drill, *, mail_works: bool) -> None:
    told.feed(DrillBegan(one))
    for page in list(told.undelivered()):
        if (page.responder, page.channel) == ("li", SMS) or not mail_works:
            fail(told, page)
        else:
            told.feed(Delivered(page.id, page.incident, channel=page.channel))
    told.wait(601).tick()


def faults(told: Story) -> list[str]:
    return [
        a.text.en
        for a in told.engine.state.alerts.values()
        if a.rule == CHANNEL and a.state is AlertState.FIRING
    ]


def test_a_fallback_that_does_not_arrive_is_an_incident_until_one_does() -> None:
    one = drill(fails={"li": SMS})
    told = Story(made(one))
    play(told, one, mail_works=False)
    assert faults(told) == ["When sms failed on purpose in a drill, no other way reached li"]
    told.wait(WEEK).tick()
    assert len(faults(told)) == 1
    for incident in [i for i in told.engine.state.incidents.values() if i.open]:
        for page in [p for p in told.undelivered() if p.incident == incident.id]:
            told.feed(Delivered(page.id, page.incident, channel=page.channel))
    play(told, one, mail_works=True)
    assert faults(told) == []


def test_a_drill_that_was_stopped_shows_nothing() -> None:
    from watchtower.core.events import DrillStopped

    one = drill(fails={"li": SMS})
    told = Story(made(one))
    told.feed(DrillBegan(one))
    fail(told, next(p for p in told.undelivered() if (p.responder, p.channel) == ("li", SMS)))
    told.feed(DrillStopped("wang"))
    assert faults(told) == []


def test_who_is_drawn_has_another_way_and_stays_for_the_week() -> None:
    one = drill(fails="drawn")
    it = made(one)
    drawn = [failing(it, one, week * WEEK + 3600.0) for week in range(3000, 3020)]
    assert {tuple(each.items()) for each in drawn} == {(("li", SMS),), (("li", EMAIL),)}
    assert all(failing(it, one, (3000 + n) * WEEK + 6 * 86400.0) == drawn[n] for n in range(20))
    nobody = replace(it, responders={"wang": WANG})
    assert failing(nobody, one, 3000 * WEEK) == {}
