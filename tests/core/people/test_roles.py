"""Who fills a role at the moment it matters, and what is told to whom for their role."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import given

from tests.core.builders import SMS, pages, queued, whys
from tests.core.oncall.calendars import SHANGHAI, WORKDAYS, at, hours, rotation, schedule
from tests.core.people.crew import CHEN, LI, WANG, ZHAO, Crew, paging, person, plan, step
from tests.core.pipeline.test_engine_properties import turmoil
from tests.core.turmoil import Life, Op, ops, plans
from watchtower.core.events import Logged
from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.history import project
from watchtower.core.incident.incidents import Incident
from watchtower.core.notify.messages import NotePoint
from watchtower.core.notify.page_roles import page_roles
from watchtower.core.oncall.schedule import Schedule
from watchtower.core.people.actions import ACTIONS
from watchtower.core.people.assignment import fillers, reached_by
from watchtower.core.people.roles import People
from watchtower.core.plan.roles import Role
from watchtower.core.state import Step
from watchtower.model import Text
from watchtower.page_kinds import PageKind

A, B, C = person("a"), person("b"), person("c")
WEEKLY = schedule(rotation("a b c", SHANGHAI, "2026-01-05 10:00"))
ONCALL = Role(name="oncall", schedule="weekly")


def test_the_schedule_says_who_is_paged_and_after_the_hand_over_it_is_the_next() -> None:
    made = plan(A, B, C, roles=[ONCALL], schedules=[WEEKLY])
    crew = Crew(made)
    crew.at = at("2026-01-12 09:58", SHANGHAI)
    assert pages(crew.down("bank")) == ["new P1 a sms", "new P1 a email"]
    crew.deliver_all()
    crew.wait(900)
    crew.down("bank")
    assert pages(crew.tick()) == ["reminder P1 b sms", "reminder P1 b email"]


def test_a_table_alone_says_who_fills_its_role() -> None:
    made = plan(LI, WANG, roles=[Role(name="oncall", primary=("wang",))])
    assert fillers(made, "oncall", 0.0) == ("wang",)
    assert fillers(made, "backup", 0.0) == ("wang",), "the present key goes on working for others"


def test_who_comes_next_can_be_the_backup() -> None:
    made = plan(
        A,
        B,
        C,
        at=paging(escalate=[step(60, "backup")]),
        roles=[ONCALL.model_copy(update={"backup": ("next",)})],
        schedules=[WEEKLY],
    )
    crew = Crew(made)
    crew.at = at("2026-01-08 12:00", SHANGHAI)
    crew.down("bank")
    crew.deliver_all()
    assert pages([*crew.wait(60).down("bank"), *crew.tick()]) == ["new P1 b sms", "new P1 b email"]


OFFICE = Schedule(
    name="weekly",
    rotations=(rotation("a b", SHANGHAI, "2026-01-05 10:00", hours=[hours("09:00", "18:00", WORKDAYS)]),),
    zone=SHANGHAI,
)
NIGHT = at("2026-01-08 23:00", SHANGHAI)


def test_in_a_gap_the_backup_stands_in() -> None:
    crew = Crew(plan(A, B, C, roles=[ONCALL.model_copy(update={"backup": ("c",)})], schedules=[OFFICE]))
    crew.at = NIGHT
    assert pages(crew.down("bank")) == ["new P1 c sms", "new P1 c email"]


def test_in_a_gap_without_a_backup_escalation_begins_at_once() -> None:
    made = plan(
        A, B, C, ZHAO, at=paging(escalate=[step(600, "commander")]), roles=[ONCALL], schedules=[OFFICE]
    )
    crew = Crew(made)
    crew.at = NIGHT
    assert pages(crew.down("bank")) == ["new P1 zhao sms", "new P1 zhao email"]


def test_and_without_escalation_everybody_on_the_schedule_is_asked_a_gap_never_means_nobody() -> None:
    crew = Crew(plan(A, B, C, roles=[ONCALL], schedules=[OFFICE]))
    crew.at = NIGHT
    assert [line.split()[2] for line in pages(crew.down("bank"))] == ["a", "a", "b", "b"]


def test_taking_a_role_changes_who_is_told_for_it() -> None:
    crew = Crew(plan(LI, WANG, ZHAO))
    crew.break_down()
    assert crew.do("take", "wang", role="commander") == ""
    assert crew.do("take", "wang", role="commander") == "wang is commander already"
    assert crew.do("assign", "wang", role="scribe", who="chen").startswith('there is no responder "chen"')
    assert crew.do("take", "wang", role="wizard").startswith('there is no role "wizard"')
    assert fillers(crew.plan, "commander", crew.at, crew.engine.state.histories["INC-1"].people) == ("wang",)
    assert crew.do("assign", "wang", role="commander", who="li") == ""
    assert crew.log()[-1] == "people.filled commander: li instead of wang"
    assert crew.do("leave", "li") == ""
    assert fillers(crew.plan, "commander", crew.at, crew.engine.state.histories["INC-1"].people) == ("zhao",)


def test_people_come_and_go() -> None:
    crew = Crew(plan(LI))
    crew.break_down()
    assert crew.do("join", "chen") == ""
    assert crew.do("join", "chen") == "chen is here already"
    assert crew.engine.state.histories["INC-1"].people.present == ("chen",)
    assert crew.do("leave", "chen") == ""
    assert crew.do("leave", "chen") == "chen is not here"


def _tell(crew: Crew, *roles: str) -> list[str]:
    step = Step(crew.plan, crew.engine.state, crew.at)
    incident: Incident = crew.incident
    page_roles(
        step,
        incident,
        roles,
        "status_overdue",
        NotePoint("status", Text("The status is overdue", "进展通报已超时")),
    )
    crew.decisions += step.decisions
    return pages(step.decisions)


def test_roles_are_told_what_is_due_with_a_note_and_their_duty() -> None:
    crew = Crew(plan(LI, ZHAO))
    crew.break_down()
    assert _tell(crew, "commander") == ["update P1 zhao sms", "update P1 zhao email"]
    message = queued(crew.decisions)[-1].message
    assert (message.kind, message.note, message.role) == (
        PageKind.UPDATE, Text("The status is overdue", "进展通报已超时"), "commander",
    )  # fmt: skip


def test_what_is_due_reaches_the_commander_where_nobody_has_the_role_and_else_who_is_asked() -> None:
    crew = Crew(plan(LI, ZHAO))
    crew.break_down()
    assert _tell(crew, "legal") == ["update P1 zhao sms", "update P1 zhao email"]
    alone = Crew(plan(LI))
    alone.break_down()
    assert _tell(alone, "legal") == ["update P1 li sms", "update P1 li email"]
    assert "nobody_for_role" in whys(alone.decisions)


def test_a_role_that_nobody_fills_is_said_once_and_only_where_roles_have_tables() -> None:
    silent = Crew(plan(LI))
    silent.break_down()
    assert silent.log() == []
    crew = Crew(plan(LI, ZHAO, CHEN, roles=[Role(name="commander", primary=("zhao",))]))
    crew.break_down()
    assert crew.log() == ["people.unfilled tech_lead, customer_service"]
    assert crew.live(900) != []
    assert len([line for line in crew.log() if line.startswith("people.unfilled")]) == 1
    crew.do("take", "li", role="tech_lead")
    assert crew.engine.state.histories["INC-1"].people.unfilled == ("customer_service",)


def test_which_channels_have_reached_somebody_who_was_asked() -> None:
    crew = Crew(plan(LI, CHEN, at=paging(inform=("product",))))
    sms, _, informed = queued(crew.down("bank"))
    crew.deliver(informed)
    assert reached_by(crew.incident.notified) == frozenset()
    crew.deliver(sms)
    assert reached_by(crew.incident.notified) == {SMS}


def test_the_slice_read_back_from_json_is_the_same() -> None:
    crew = Crew(plan(LI, WANG, ZHAO, at=paging(escalate=[step(60, "backup")], acks=2, ack_expires=600.0)))
    crew.break_down()
    crew.live(120)
    crew.ack("INC-1", "li")
    crew.do("take", "zhao", role="commander")
    crew.ack("INC-1", "wang")
    crew.live(900)
    entries = [d.entry for d in crew.decisions if isinstance(d, Logged) and d.incident == "INC-1"]
    again = [LogEntry(e.at, e.kind, e.by, e.detail, json.loads(json.dumps(e.data))) for e in entries]
    assert project(again).people == project(entries).people == crew.engine.state.histories["INC-1"].people
    assert project(again).people.expired == 1


def test_an_alert_or_a_page_with_the_same_word_voids_no_acknowledgement() -> None:
    people = People(acks={"li": 1.0})
    for what in ("alert", "page"):
        assert people.after(LogEntry(2.0, "reopened", data={what: "x"})).acks == {"li": 1.0}
    assert people.after(LogEntry(2.0, "reopened")).acks == {}


def test_entries_of_another_version_change_nothing() -> None:
    people = People()
    for kind in ("people.filled", "people.escalated", "people.round", "people.clock", "people.unheard_of"):
        people = people.after(
            LogEntry(1.0, kind, data={"role": 3, "roles": "x", "step": None, "since": "soon"})
        )
    assert people.asked == ()


CREWS = [
    replace(
        made,
        paging={
            level: one.model_copy(update={"escalate": (step(20, "backup"), step(60, "nobody")), "acks": 2, "ack_expires": 30.0, "inform": ("nobody",)})
            for level, one in made.paging.items()
        },
        rules={name: one.model_copy(update={"escalate_after": 40.0 if name == "disk-bad" else 0.0}) for name, one in made.rules.items()},
    )
    for made in plans(every=10.0)
]  # fmt: skip


@turmoil
@given(ops())
def test_whoever_is_told_in_whatever_way_gets_one_all_clear_and_then_hears_nothing(life: list[Op]) -> None:
    it = Life(CREWS).live(life)
    it.end_well()
    for lane, kinds in it.heard.items():
        told = any(not kind.ends for kind in kinds)
        assert len([page for page in it.clears[lane] if not page.failover_of]) == told, (lane, kinds)
        assert not any(kind.ends for kind in kinds[:-1]), (lane, kinds)
    state = it.engine.state
    assert (state.alerts, state.incidents, state.pages) == ({}, {}, {})


def test_the_duty_of_a_role_can_be_written_by_the_team() -> None:
    duty = Text("Ring the vault", "联系金库")
    crew = Crew(
        plan(
            LI,
            CHEN,
            at=paging(inform=("vault",)),
            roles=[Role(name="vault", primary=("chen",), description=duty)],
        )
    )
    crew.down("bank")
    assert queued(crew.decisions)[-1].message.duty == duty


def test_no_two_fields_of_an_action_are_described_alike() -> None:
    for action in ACTIONS:
        said = [(field.help.en, field.help.zh) for field in action.fields.values()]
        assert len(set(said)) == len(said), action.name
