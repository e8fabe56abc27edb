"""Alerts that join an open incident at the same level, and the ladder of a runway."""

from __future__ import annotations

from dataclasses import replace

from tests.core.builders import HTTP_FACTS, SMS, pages, queued, rule, whys
from tests.core.people.crew import LI, WANG, Crew, paging, person, plan
from watchtower.core.plan import Plan
from watchtower.core.plan.checks import Check
from watchtower.detectors import DETECTORS
from watchtower.model import Fact, IncidentState

DAY = 86400.0
BALANCE = Check(
    name="bank",
    probe="balance",
    every=10.0,
    timeout=3.0,
    settings=None,
    facts=HTTP_FACTS | {"days_left": Fact.number("days")},
    detector="",
    no_data_after=1e9,
)


def ladder(severity: str = "P2", escalate_after: float = DAY, detector: str = "", **more: object) -> Plan:
    rungs = [
        rule(
            f"balance-{days}",
            f"days_left < {days}.0",
            BALANCE,
            severity=severity,
            text=f"{days} days left",
        ).model_copy(update={"escalate_after": escalate_after})
        for days in (30, 14, 7)
    ]
    runway = DETECTORS["runway"].Settings.model_validate({"measurement": "days_left"})
    check = BALANCE.model_copy(update={"detector": detector, "detect": runway if detector else None})
    level = paging(remind_every=0.0, roles=("oncall",), **more)
    made = plan(LI, WANG, person("zhao", "lead"), severity=severity, levels={severity: level})
    p1 = paging(roles=("oncall", "lead"), remind_every=0.0)
    levels = {**made.paging, **{k: p1 for k in made.paging if str(k) == "P1"}}
    return replace(made, checks={"bank": check}, rules={one.name: one for one in rungs}, paging=levels)


def test_every_rung_of_a_ladder_is_told_and_wants_acknowledging_by_itself() -> None:
    crew = Crew(ladder())
    assert pages(crew.up("bank", days_left=29.0)) == ["new P2 li sms", "new P2 li email"]
    crew.deliver_all()
    crew.ack("INC-1", "li")
    told = queued(crew.wait(3600).up("bank", days_left=13.0))
    assert [f"{p.kind} {p.responder} {p.channel}" for p in told] == ["update li sms", "update li email"]
    assert told[0].message.note is not None
    assert told[0].message.note.en.startswith("14 days left")
    assert crew.incident.state is IncidentState.TRIGGERED


def test_a_warning_that_comes_and_goes_is_told_once_a_day_at_most() -> None:
    crew = Crew(ladder())
    crew.up("bank", days_left=29.0)
    crew.deliver_all()
    said = []
    for hour in range(48):
        crew.wait(3600)
        said += [(hour, line) for line in pages(crew.up("bank", days_left=13.0 if hour % 2 else 14.5))]
        crew.deliver_all()
    assert [hour for hour, line in said if line == "update P2 li sms"] == [1, 25]


def test_an_unacknowledged_warning_goes_to_the_backup_after_a_day_and_then_to_the_lead() -> None:
    crew = Crew(ladder())
    crew.up("bank", days_left=29.0)
    crew.deliver_all()
    told = []
    for hour in range(1, 73):
        crew.wait(3600)
        told += [(hour, line) for line in pages([*crew.up("bank", days_left=28.0), *crew.tick()])]
        crew.deliver_all()
    assert told == [
        (24, "new P2 wang sms"), (24, "new P2 wang email"), (48, "new P2 zhao sms"), (48, "new P2 zhao email"),
    ]  # fmt: skip


def test_an_acknowledgement_of_a_warning_wants_an_action_with_a_date() -> None:
    """Without one it holds as long as nobody's would; with one until then, and only the measurement ends it."""
    crew = Crew(ladder())
    crew.up("bank", days_left=29.0)
    crew.deliver_all()
    crew.ack("INC-1", "li")
    assert pages(crew.wait(DAY - 60).tick()) == []
    assert pages(crew.wait(60).tick()) == ["reminder P2 li sms", "reminder P2 li email"]
    assert crew.incident.state is IncidentState.TRIGGERED
    crew.ack("INC-1", "li")
    assert crew.do("doing", "li", text="transfer 5,000 CNY", due=crew.at + 3 * DAY) == ""
    crew.up("bank", days_left=28.0)
    assert pages(crew.wait(3 * DAY - 60).tick()) == []
    told = queued(crew.wait(60).tick())
    assert [page.responder for page in told] == ["li", "li"]
    assert told[0].message.note is not None
    assert told[0].message.note.en == (
        "li meant to be done by now: transfer 5,000 CNY. It is no better: who has it?"
    )
    crew.up("bank", days_left=400.0)
    assert not crew.incident.open


def test_the_next_rung_starts_the_time_anew() -> None:
    crew = Crew(ladder())
    crew.up("bank", days_left=29.0)
    crew.deliver_all()
    crew.wait(20 * 3600).up("bank", days_left=13.0)
    crew.deliver_all()
    assert pages(crew.wait(5 * 3600).tick()) == []
    assert pages(crew.wait(19 * 3600).tick()) == ["new P2 wang sms", "new P2 wang email"]


def test_a_runway_is_told_rung_by_rung_also_without_a_word_on_it_and_stays_acknowledged() -> None:
    crew = Crew(ladder(escalate_after=0.0, detector="runway"))
    crew.up("bank", days_left=29.0)
    crew.deliver_all()
    crew.ack("INC-1", "li")
    assert pages(crew.wait(10).up("bank", days_left=6.0)) == ["update P2 li sms", "update P2 li email"]
    assert crew.incident.state is IncidentState.ACKNOWLEDGED


def test_what_joins_is_told_by_mail_and_no_more_often_than_asked_for() -> None:
    crew = Crew(ladder(severity="P1", escalate_after=0.0, update_every=900.0))
    level = paging(remind_every=0.0, update_every=900.0)
    crew.engine.plan = replace(crew.plan, paging=dict.fromkeys(crew.plan.paging, level))
    crew.up("bank", days_left=29.0)
    crew.deliver_all()
    assert pages(crew.wait(60).up("bank", days_left=13.0)) == []
    assert pages(crew.wait(60).up("bank", days_left=6.0)) == []
    assert pages(crew.wait(770).tick()) == []
    told = queued(crew.wait(10).tick())
    assert [f"{p.kind} {p.responder} {p.channel}" for p in told] == ["update li email"]
    assert told[0].message.note is not None
    assert told[0].message.note.en == "2 more alerts joined"
    crew.deliver_all()
    assert pages(crew.wait(3600).tick()) == []


def test_what_joins_wakes_nobody_who_has_no_mail() -> None:
    crew = Crew(ladder(severity="P1", escalate_after=0.0))
    level = paging(remind_every=0.0, update_every=900.0)
    people = {"li": person("li", "oncall", SMS)}
    crew.engine.plan = replace(crew.plan, paging=dict.fromkeys(crew.plan.paging, level), responders=people)
    assert pages(crew.up("bank", days_left=29.0)) == ["new P1 li sms"]
    crew.deliver_all()
    crew.wait(60).up("bank", days_left=13.0)
    assert pages(crew.wait(840).tick()) == []


def test_nothing_is_said_of_what_joins_where_nobody_asked_for_it() -> None:
    crew = Crew(ladder(severity="P1", escalate_after=0.0))
    crew.up("bank", days_left=29.0)
    crew.deliver_all()
    assert whys(crew.wait(60).up("bank", days_left=13.0)) == ["severity_unchanged"]
    assert pages(crew.wait(7200).tick()) == []
