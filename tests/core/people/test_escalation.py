"""Nobody acknowledges; somebody does and nothing follows; one is not enough: told second by second."""

from __future__ import annotations

from dataclasses import replace

from tests.core.builders import EMAIL, SMS, pages, queued, rule, whys
from tests.core.people.crew import BANK, CHEN, LI, WANG, ZHAO, Crew, paging, person, plan, step
from watchtower.core.events import ClockStepped, Decision, IncidentChanged, PageQueued
from watchtower.core.incident.log import line_of
from watchtower.core.pipeline.engine import Engine
from watchtower.model import IncidentState, Observation, Outcome, Reading
from watchtower.replay import Replay, World

STEPS = (step(300, "backup"), step(600, "commander", by=[SMS]))


def test_each_step_is_taken_at_its_second_until_somebody_acknowledges() -> None:
    crew = Crew(plan(LI, WANG, ZHAO, at=paging(escalate=STEPS, remind_every=0.0)))
    assert crew.break_down() == ["new P1 li sms", "new P1 li email"]
    assert crew.live(590) == ["+300 new wang sms", "+300 new wang email"]
    assert crew.live(10) == ["+600 new zhao sms"]
    assert crew.live(100) == []


def test_nobody_else_is_asked_once_somebody_has_acknowledged() -> None:
    crew = Crew(plan(LI, WANG, at=paging(escalate=STEPS[:1])))
    crew.break_down()
    crew.live(290)
    crew.ack("INC-1", "li")
    assert crew.live(3600) == []


def test_who_was_asked_by_escalation_is_reminded_with_the_others_and_hears_the_end() -> None:
    crew = Crew(plan(LI, WANG, at=paging(remind_every=300.0, escalate=[step(100, "backup")])))
    crew.break_down()
    assert crew.live(300) == [
        "+100 new wang sms", "+100 new wang email",
        "+300 reminder li sms", "+300 reminder li email", "+300 reminder wang sms", "+300 reminder wang email",
    ]  # fmt: skip
    assert {line.split()[2] for line in pages(crew.up("bank"))} == {"li", "wang"}


def test_who_has_only_just_been_called_is_not_reminded_in_the_same_minute() -> None:
    crew = Crew(plan(LI, WANG, at=paging(remind_every=300.0, escalate=[step(290, "backup")])))
    crew.break_down()
    assert crew.live(600) == [
        "+290 new wang sms", "+290 new wang email",
        "+300 reminder li sms", "+300 reminder li email",
        "+600 reminder li sms", "+600 reminder li email", "+600 reminder wang sms", "+600 reminder wang email",
    ]  # fmt: skip


def test_the_page_says_why_somebody_else_is_asked_now() -> None:
    crew = Crew(plan(LI, WANG, at=paging(escalate=STEPS[:1])))
    crew.break_down()
    crew.wait(300)
    page = next(p for p in queued(crew.tick()) if p.responder == "wang")
    assert page.message.note is not None
    assert page.message.note.en == "Nobody has acknowledged this for 5 min: you are asked now"
    assert page.message.note.zh == "已 5 分无人认领，现升级通知您"


def test_a_raise_begins_escalation_anew_and_tells_those_who_knew() -> None:
    worse = rule("bank-timeout", "latency > 2.0", BANK, severity="P0")
    p0 = paging(escalate=[step(60, "commander")], remind_every=0.0)
    made = plan(LI, WANG, ZHAO, at=paging(escalate=STEPS[:1], remind_every=0.0), levels={"P0": p0})
    crew = Crew(replace(made, rules={**made.rules, worse.name: worse}))
    crew.break_down()
    assert crew.live(300) == ["+300 new wang sms", "+300 new wang email"]
    raised = pages(crew.down("bank", latency=3.0))
    crew.deliver_all()
    assert raised == [
        "upgrade P0 li sms",
        "upgrade P0 li email",
        "upgrade P0 wang sms",
        "upgrade P0 wang email",
    ]
    assert crew.live(60) == ["+360 new zhao sms", "+360 new zhao email"]


def test_a_clock_set_back_does_not_put_escalation_off() -> None:
    crew = Crew(plan(LI, WANG, at=paging(escalate=STEPS[:1], remind_every=0.0)))
    crew.break_down()
    crew.live(200)
    crew.wait(-3600)
    crew.feed(ClockStepped(-3600.0))
    assert crew.live(90) == []
    assert crew.live(10) == ["+-3300 new wang sms", "+-3300 new wang email"]


def test_a_step_whose_role_nobody_fills_says_so_and_the_next_comes_at_its_time() -> None:
    crew = Crew(plan(LI, ZHAO, at=paging(escalate=STEPS, remind_every=0.0)))
    crew.break_down()
    assert crew.live(600) == ["+600 new zhao sms"]
    assert "nobody_for_role" in whys(crew.decisions)


def test_two_people_must_acknowledge_and_the_one_who_did_is_left_in_peace() -> None:
    crew = Crew(plan(LI, WANG, at=paging(roles=("oncall", "backup"), acks=2)))
    crew.break_down()
    crew.ack("INC-1", "li")
    assert (crew.incident.state, crew.incident.acks_missing) == (IncidentState.TRIGGERED, 1)
    assert crew.live(900) == ["+900 reminder wang sms", "+900 reminder wang email"]
    crew.ack("INC-1", "li")
    assert crew.incident.state is IncidentState.TRIGGERED
    crew.ack("INC-1", "wang")
    assert (crew.incident.state, crew.incident.acknowledged_by) == (IncidentState.ACKNOWLEDGED, "li, wang")
    assert crew.live(3600) == []


def test_where_only_one_can_be_asked_one_is_enough() -> None:
    crew = Crew(plan(LI, at=paging(acks=2)))
    crew.break_down()
    crew.ack("INC-1", "li")
    assert crew.incident.state is IncidentState.ACKNOWLEDGED


def test_raised_to_a_level_that_wants_two_it_is_acknowledged_by_one_only() -> None:
    worse = rule("bank-timeout", "latency > 2.0", BANK, severity="P0")
    made = plan(LI, WANG, levels={"P0": paging(roles=("oncall", "backup"), acks=2)})
    crew = Crew(replace(made, rules={**made.rules, worse.name: worse}))
    crew.break_down()
    crew.ack("INC-1", "li")
    crew.down("bank", latency=3.0)
    assert (crew.incident.state, crew.incident.acks_missing) == (IncidentState.TRIGGERED, 1)
    crew.ack("INC-1", "wang")
    assert crew.incident.state is IncidentState.ACKNOWLEDGED


def test_lowered_to_a_severity_that_wants_one_whoever_was_the_first_of_two_may_acknowledge_it() -> None:
    worse = rule("bank-timeout", "latency > 2.0", BANK, severity="P0")
    made = plan(LI, WANG, levels={"P0": paging(roles=("oncall", "backup"), acks=2)})
    crew = Crew(replace(made, rules={**made.rules, worse.name: worse}))
    crew.down("bank", latency=3.0)
    crew.ack("INC-1", "li")
    assert crew.incident.state is IncidentState.TRIGGERED
    crew.wait(10).down("bank", latency=1.0)
    assert crew.incident.severity == "P0", "it may come back"
    crew.wait(900).tick()
    assert (crew.incident.severity, crew.incident.state) == ("P1", IncidentState.TRIGGERED)
    crew.ack("INC-1", "li")
    assert (crew.incident.state, crew.incident.acknowledged_by) == (IncidentState.ACKNOWLEDGED, "li")


def test_an_incident_that_is_acknowledged_begins_no_round_when_the_clock_is_set() -> None:
    crew = Crew(plan(LI, WANG, at=paging(escalate=STEPS[:1])))
    crew.break_down()
    crew.ack("INC-1", "li")
    before = crew.log()
    crew.feed(ClockStepped(-3600.0))
    assert crew.log() == before


def test_who_is_asked_only_by_a_step_of_escalation_counts_among_those_who_could_acknowledge() -> None:
    crew = Crew(plan(LI, WANG, at=paging(acks=2, escalate=[step(100, "backup")])))
    crew.break_down()
    crew.ack("INC-1", "li")
    assert (crew.incident.state, crew.incident.acks_missing) == (IncidentState.TRIGGERED, 1)


def test_an_acknowledgement_that_nothing_follows_is_void_and_people_are_paged_again() -> None:
    crew = Crew(plan(LI, WANG, at=paging(ack_expires=1800.0, escalate=STEPS[:1], remind_every=0.0)))
    crew.break_down()
    crew.wait(60)
    crew.ack("INC-1", "li")
    assert crew.live(1790) == []
    assert crew.live(10) == ["+1860 reminder li sms", "+1860 reminder li email"]
    assert crew.incident.state is IncidentState.TRIGGERED
    assert crew.live(300) == ["+2160 new wang sms", "+2160 new wang email"], "and escalation begins anew"


def test_a_note_keeps_it_in_force() -> None:
    crew = Crew(plan(LI, at=paging(ack_expires=1800.0, remind_every=0.0)))
    crew.break_down()
    crew.ack("INC-1", "li")
    crew.live(1200)
    assert crew.do("note", "li", text="rolling back") == ""
    assert crew.live(1790) == []
    assert crew.live(10) == ["+3000 reminder li sms", "+3000 reminder li email"]


def test_a_second_acknowledgement_keeps_it_in_force() -> None:
    crew = Crew(plan(LI, WANG, at=paging(ack_expires=1800.0, remind_every=0.0)))
    crew.break_down()
    crew.ack("INC-1", "li")
    crew.live(1200)
    crew.ack("INC-1", "wang")
    assert crew.live(1790) == []
    assert crew.live(10) == ["+3000 reminder li sms", "+3000 reminder li email"]


def test_where_an_acknowledgement_holds_for_ever_a_second_one_is_not_written_down() -> None:
    crew = Crew(plan(LI, WANG))
    crew.break_down()
    crew.ack("INC-1", "li")
    crew.ack("INC-1", "wang")
    assert not [line for line in crew.log() if line.startswith("people.acknowledged")]
    assert crew.incident.acknowledged_by == "li"


def test_informed_people_are_told_once_by_quiet_channels_and_asked_nothing() -> None:
    crew = Crew(plan(LI, CHEN, at=paging(inform=("product",))))
    assert crew.break_down() == ["new P1 li sms", "new P1 li email", "new P1 chen email"]
    told = next(p for p in queued(crew.decisions) if p.responder == "chen")
    assert (told.message.informs, told.message.role) == (True, "product")
    assert told.message.duty is not None
    assert told.message.duty.zh.startswith("请确认影响范围")
    assert crew.live(1800) == [
        "+900 reminder li sms", "+900 reminder li email", "+1800 reminder li sms", "+1800 reminder li email",
    ]  # fmt: skip
    assert "resolved P1 chen email" in pages(crew.up("bank"))


def test_some_are_informed_by_sms() -> None:
    executive = person("sun", "executive")
    crew = Crew(plan(LI, executive, at=paging(inform_urgently=("executive",))))
    assert crew.break_down()[2:] == ["new P1 sun sms", "new P1 sun email"]


def test_that_somebody_is_informed_does_not_count_as_having_reached_anybody() -> None:
    crew = Crew(plan(LI, person("chen", "product", EMAIL), at=paging(inform=("product",))))
    sms, mail, informed = queued(crew.down("bank"))
    crew.deliver(informed)
    crew.fail(sms)
    crew.fail(mail)
    opened = [
        d.incident.key for d in crew.decisions if isinstance(d, IncidentChanged) and d.reason == "opened"
    ]
    assert opened == ["check:bank", "unreached"]


def test_a_failing_mail_that_only_informs_wakes_nobody() -> None:
    crew = Crew(plan(LI, WANG, person("chen", "product"), at=paging(inform=("product",))))
    informed = queued(crew.down("bank"))[-1]
    assert (informed.responder, informed.channel) == ("chen", EMAIL)
    assert pages(crew.failing(informed)) == pages(crew.fail(informed)) == []


def test_a_page_that_does_not_arrive_goes_to_who_stands_behind_before_anybody() -> None:
    from watchtower.core.plan.roles import Role

    roles = [Role(name="oncall", primary=("li",), backup=("wang",))]
    crew = Crew(plan(person("aa", "product"), person("li", "x", SMS), person("wang", "x", SMS), roles=roles))
    (sms,) = queued(crew.down("bank"))
    assert pages(crew.fail(sms)) == ["new P1 wang sms"]


def test_after_a_restart_the_next_step_comes_at_its_second_and_none_comes_twice() -> None:
    crew = Crew(plan(LI, WANG, ZHAO, at=paging(escalate=STEPS, remind_every=0.0)))
    crew.break_down()
    assert crew.live(400) == ["+300 new wang sms", "+300 new wang email"]
    state, lines = crew.engine.state, [line for line in map(line_of, crew.decisions) if line is not None]
    log = [entry for incident, entry in lines if incident == "INC-1"]
    again = Crew(crew.plan, at=crew.at)
    again.engine.restore(
        list(state.alerts.values()), list(state.incidents.values()), list(state.pages.values()), {}, 1, crew.at,
        {"INC-1": log},
    )  # fmt: skip
    again.down("bank")
    assert again.live(190) == []
    assert again.live(10) == ["+600 new zhao sms"]


def test_in_a_replay_the_same_pages_come_at_the_same_seconds() -> None:
    made = plan(LI, WANG, ZHAO, at=paging(escalate=STEPS, acks=2, ack_expires=600.0, remind_every=0.0))
    begin = 1_000_000.0
    said: list[str] = []

    def hear(decision: Decision, engine: Engine) -> None:
        if isinstance(decision, PageQueued) and decision.reason != "together":
            page = decision.page
            said.append(f"+{decision.at - begin:.0f} {page.kind} {page.responder} {page.channel}")

    replay = Replay(made, begin, world=World(ack_after=400.0), heard=hear)
    for second in range(10, 1800, 10):
        outcome = Outcome.DOWN if second <= 1500 else Outcome.UP
        replay.feed(Observation("bank", begin + second, Reading(outcome, reason="timeout")))
    assert [line for line in said if " update " not in line] == [
        "+10 new li sms", "+10 new li email",
        "+310 new wang sms", "+310 new wang email",
        "+610 new zhao sms",
        "+1410 reminder li sms", "+1410 reminder li email", "+1410 reminder wang sms", "+1410 reminder wang email",
        "+1410 reminder zhao sms", "+1410 reminder zhao email",
        "+1510 resolved li sms", "+1510 resolved li email", "+1510 resolved wang sms", "+1510 resolved wang email",
        "+1510 resolved zhao sms", "+1510 resolved zhao email",
    ]  # fmt: skip
