"""Drills through the engine: the whole path, answers, the end, and that something real comes first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from tests.core.builders import EMAIL, LI, Story, http_check, pages, plan, queued, rule
from tests.telemetry.conftest import exposition
from watchtower.channels import mail_body, sentences
from watchtower.core.events import (
    ActionRequest,
    Decision,
    DrillBegan,
    DrillStopped,
    PageQueued,
    Refused,
    ResolvedByHand,
    Switched,
)
from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.history import project
from watchtower.core.incident.log import line_of
from watchtower.core.plan import Plan
from watchtower.core.plan.degrade import DegradePlan, Mode, Trigger
from watchtower.core.plan.drills import UNPLANNED, Drill, DrillCalendar
from watchtower.core.plan.paging import Responder
from watchtower.core.plan.sops import Sop, SopStep
from watchtower.model import Language, Severity, Text
from watchtower.report.drills import report
from watchtower.telemetry import Telemetry

BANK, DISK = http_check("bank", "checkout"), http_check("disk")
WANG = Responder(name="wang", role="oncall", addresses={EMAIL: "wang@example.com"})
FRIDAY = Drill(
    name="friday",
    check="bank",
    severity=Severity.P1,
    text=Text("Act as if bank were down", "请按银行故障处置"),
    lasts=600.0,
)
SOP = Sop(name="bank-down", title=Text("Bank", "银行"), steps=(SopStep(do=Text("look", "看")),))


def made(*drills: Drill, people: Sequence[Responder] = (LI,), degrade: DegradePlan | None = None) -> Plan:
    down = rule("down", "outcome == 'down'", BANK, severity="P1").model_copy(update={"sop": "bank-down"})
    low = rule("low", "latency > 5.0", DISK, severity="P3")
    base = plan([BANK, DISK], [down, low], people)
    plans = {degrade.name: degrade} if degrade else {}
    return replace(
        base, drills={d.name: d for d in drills or (FRIDAY,)}, sops={"bank-down": SOP}, degrade=plans
    )


def begin(told: Story, drill: Drill = FRIDAY, by: str = "watchtower") -> str:
    """Why it did not begin, "" when it did."""
    decisions = told.feed(DrillBegan(drill, by))
    return next((d.detail for d in decisions if isinstance(d, Refused)), "")


def lines(decisions: Sequence[Decision]) -> list[LogEntry]:
    return [line[1] for d in decisions if (line := line_of(d)) and line[0] == "INC-1"]


def why(told: Story) -> str:
    return project(lines(told.decisions)).drill.why


def test_real_pages_go_out_and_every_text_says_drill_first() -> None:
    told = Story(made())
    assert begin(told) == ""
    assert pages(told.decisions) == ["new P1 li sms", "new P1 li email"]
    message = queued(told.decisions)[0].message
    assert message.drill
    assert message.sop_steps == (Text("look", "看"),)
    english = sentences.headline(message, UTC, Language.EN)
    assert english.startswith("[DRILL P1] watchtower Checkout: Act as if bank were down")
    assert sentences.headline(message, UTC, Language.ZH).startswith("[演练 P1] ")
    assert mail_body.subject(message, Language.EN).startswith("[DRILL] ")
    assert mail_body.subject(message, Language.ZH).startswith("[演练] ")
    assert told.engine.state.incidents["INC-1"].drill


def test_everybodys_answer_counts_and_when_all_have_answered_it_is_over() -> None:
    told = Story(made(people=(LI, WANG)))
    begin(told)
    told.deliver_all()
    told.wait(48).ack(by="li")
    told.wait(10).tick()
    assert told.engine.state.incidents["INC-1"].open
    told.wait(132).ack(by="wang")
    told.ack(by="wang")
    told.wait(1).tick()
    assert why(told) == "everybody_answered"
    told.deliver_all()
    resolved = [d.page for d in told.decisions if isinstance(d, PageQueued) and d.page.kind == "resolved"]
    assert {p.responder for p in resolved} == {"li", "wang"}
    assert "The drill is over: everybody has answered" in sentences.headline(
        resolved[0].message, UTC, Language.EN
    )
    assert "INC-1" not in told.engine.state.incidents


def test_the_report_says_who_answered_when() -> None:
    told = Story(made(people=(LI, WANG)))
    begin(told, by="chen")
    told.wait(2).deliver_all()
    told.wait(46).ack(by="li")
    incident = told.engine.state.incidents["INC-1"]
    ticks(told, 600.0)
    found = report(incident, lines(told.decisions), queued(told.decisions))
    assert [(a.responder, a.channels, a.took) for a in found.answers] == [
        ("li", ("sms", "email"), 48.0),
        ("wang", ("email",), None),
    ]
    assert [a.delivered_at is not None for a in found.answers] == [True, True]
    assert (found.name, found.check, found.level, found.by, found.why) == (
        "friday",
        "bank",
        "P1",
        "chen",
        "time",
    )
    assert (found.first_took, found.steps) == (48.0, (0, 1))


def ticks(told: Story, seconds: float) -> None:
    end = told.at + seconds
    while told.at < end:
        told.wait(min(10.0, end - told.at)).tick()


def test_it_ends_when_its_time_is_up() -> None:
    told = Story(made())
    begin(told)
    told.deliver_all()
    ticks(told, 590.0)
    assert why(told) == ""
    ticks(told, 20.0)
    assert why(told) == "time"


def test_nobody_is_waited_for_whom_nothing_has_reached() -> None:
    told = Story(made())
    begin(told)
    ticks(told, 590.0)
    assert told.engine.state.incidents["INC-1"].open


@pytest.mark.parametrize("way", ["stop", "resolve"])
def test_a_person_may_stop_it(way: str) -> None:
    told = Story(made())
    begin(told)
    told.deliver_all()
    told.wait(5).feed(DrillStopped("li") if way == "stop" else ResolvedByHand("INC-1", "li"))
    assert why(told) == "stopped"
    assert pages(told.decisions)[-1] == "resolved P1 li email"


def test_something_real_cancels_it_at_once_and_everybody_hears_which() -> None:
    told = Story(made())
    begin(told)
    told.deliver_all()
    told.wait(30).down("bank")
    assert why(told) == "preempted"
    last = next(d.page for d in told.decisions if isinstance(d, PageQueued) and d.page.kind == "resolved")
    assert "The drill is cancelled: INC-2 is real and comes first" in sentences.headline(
        last.message, UTC, Language.EN
    )
    real = told.engine.state.incidents["INC-2"]
    assert (real.drill, real.flow) == (False, "checkout")
    new = [p for p in queued(told.decisions) if p.incident == "INC-2"]
    assert new
    assert not any(p.message.drill for p in new)


def test_a_small_thing_cancels_nothing_and_keeps_none_from_beginning() -> None:
    told = Story(made())
    told.see("disk", "up", latency=9.0)
    assert begin(told) == ""
    told.wait(10).see("disk", "up", latency=9.0)
    assert told.engine.state.incidents["INC-2"].drill
    assert told.engine.state.incidents["INC-2"].open


def test_none_begins_while_something_real_or_another_drill_is_under_way() -> None:
    told = Story(made(FRIDAY, FRIDAY.model_copy(update={"name": "monday"})))
    begin(told)
    assert (
        begin(told, FRIDAY.model_copy(update={"name": "monday"}))
        == "INC-1 is a drill that is still under way"
    )
    assert begin(told) == "INC-1 is a drill that is still under way"
    told = Story(made())
    told.down("bank")
    assert begin(told) == "INC-1 (P1) is open, and no drill"
    assert begin(Story(made()), FRIDAY.model_copy(update={"check": "banc"})) == 'there is no check "banc"'


def test_one_by_hand_needs_no_table() -> None:
    told = Story(made())
    drill = Drill(name=UNPLANNED, check="disk", severity=Severity.P2)
    assert begin(told, drill, "li") == ""
    assert pages(told.decisions) == ["new P2 li email"]
    told.feed(DrillStopped("li"))
    assert why(told) == "stopped"


def test_the_same_drill_again_is_an_incident_of_its_own() -> None:
    told = Story(made())
    begin(told)
    told.deliver_all()
    told.feed(DrillStopped("li"))
    told.deliver_all()
    told.wait(60)
    assert begin(told) == ""
    assert told.engine.state.incidents["INC-2"].drill


def test_a_check_that_goes_on_well_does_not_end_it() -> None:
    told = Story(made())
    begin(told)
    told.wait(10).up("bank", latency=0.1)
    told.tick()
    assert told.engine.state.incidents["INC-1"].open


def test_its_checklist_is_practised_and_a_plan_is_really_carried_out_once_approved() -> None:
    switch = DegradePlan(
        name="switch", why=Text("why", "为何"), trigger=Trigger(signal=("down",)), mode=Mode.AUTO, action="go"
    )
    told = Story(made(FRIDAY.model_copy(update={"degrade": ("switch",)}), degrade=switch))
    begin(told, told.plan.drills["friday"])
    story = told.engine.state.histories["INC-1"]
    assert [t.text.en for t in story.sop.tasks] == ["look"]
    assert [(r.plan, str(r.state)) for r in story.degrade.runs] == [("switch", "suggested")]
    told.feed(ActionRequest("INC-1", "approve", "li", "test", {}))
    (order,) = told.engine.state.histories["INC-1"].degrade.queued
    assert order.drill
    told.feed(Switched("INC-1", order.run, order.phase, order.key, True))
    assert told.engine.state.usage.fresh("switch", 1.0, told.at)
    assert told.engine.state.usage.today("switch", told.at) == 0


def test_a_plan_that_the_drill_does_not_name_is_left_alone() -> None:
    switch = DegradePlan(name="switch", why=Text("why", "为何"), flow="checkout", action="go")
    told = Story(made(degrade=switch))
    begin(told)
    assert not told.engine.state.histories["INC-1"].degrade.runs


def at(text: str, zone: str = "UTC") -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


WEEKLY = [
    ("10:30", "fri", (), "UTC", "2026-11-27T10:29", "2026-11-27T10:30", True),
    ("10:30", "fri", (), "UTC", "2026-11-27T10:30", "2026-11-27T10:31", False),
    ("10:30", "thu", (), "UTC", "2026-11-27T10:29", "2026-11-27T10:31", False),
    ("10:30", "fri", (4,), "UTC", "2026-11-27T10:29", "2026-11-27T10:31", True),
    ("10:30", "fri", (1, 3), "UTC", "2026-11-27T10:29", "2026-11-27T10:31", False),
    ("10:30", "fri", (), "Asia/Shanghai", "2026-11-27T02:29", "2026-11-27T02:30", True),
    ("00:10", "sat", (), "Asia/Shanghai", "2026-11-27T16:09", "2026-11-27T16:11", True),
    ("02:30", "sun", (), "Europe/Berlin", "2026-03-29T01:29", "2026-03-29T01:31", True),
    ("02:30", "sun", (), "Europe/Berlin", "2026-10-25T00:29", "2026-10-25T00:31", True),
    ("02:30", "sun", (), "Europe/Berlin", "2026-10-25T01:29", "2026-10-25T01:31", False),
]


@pytest.mark.parametrize(
    ("clock", "day", "weeks", "zone", "after", "until", "due"), WEEKLY, ids=range(len(WEEKLY))
)
def test_when_it_is_due(
    clock: str, day: str, weeks: tuple[int, ...], zone: str, after: str, until: str, due: bool
) -> None:  # fmt: skip
    drill = Drill(check="bank", severity=Severity.P1, at=clock, days=(day,), weeks=weeks, zone=zone)
    assert (drill.last(at(after), at(until)) is not None) is due


def test_the_calendar_begins_each_once_and_makes_up_for_nothing() -> None:
    drills = {"friday": FRIDAY.model_copy(update={"at": "10:30", "days": ("fri",)})}
    calendar = DrillCalendar(at("2026-11-27T10:00"))
    assert calendar.due(drills, at("2026-11-27T10:29")) == []
    assert [d.name for d in calendar.due(drills, at("2026-11-27T10:30:15"))] == ["friday"]
    assert calendar.due(drills, at("2026-11-27T10:30:35")) == []
    assert calendar.due({"by-hand": FRIDAY}, at("2026-11-27T11:00")) == []
    assert DrillCalendar(at("2026-11-27T10:00")).due(drills, at("2026-11-27T12:00")) == []
    again = DrillCalendar(at("2026-11-27T10:00"))
    assert again.due(drills, at("2026-11-27T10:31"))
    assert not again.due(drills, at("2026-11-27T10:29")), "the clock was set back"
    assert not again.due(drills, at("2026-11-27T10:32"))


def test_it_moves_no_figure_of_incidents_also_after_a_restart() -> None:
    told = Story(made())
    began = telemetry(told)
    begin(told)
    told.deliver_all()
    for decision in told.decisions:
        began.decided(decision)
    incidents = list(told.engine.state.incidents.values())
    restarted = telemetry(told)
    restarted.restored((), incidents, ())
    for one in (began, restarted):
        text = exposition(one)
        assert 'watchtower_incidents_open{severity="P1"} 0' in text
        assert "watchtower_incidents_unacknowledged 0" in text
    assert 'watchtower_incidents_total{severity="P1"} 1' not in exposition(began)
    assert 'watchtower_pages_total{channel="sms",outcome="delivered"} 1' in exposition(began)


def telemetry(told: Story) -> Telemetry:
    one = Telemetry("1.0")
    one.reloaded(True, (), told.plan)
    return one
