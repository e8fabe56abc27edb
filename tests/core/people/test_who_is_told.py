"""The rules that guard who is told: each has a test that fails when somebody writes it the other way round."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.builders import DOWN_RULE_TEXT, EMAIL, SMS, Story, http_check, pages, queued, rule
from tests.core.builders import plan as plain_plan
from tests.core.people.crew import CHEN, LI, WANG, ZHAO, Crew, paging, person, plan, step
from watchtower.core.incident.incidents import Page
from watchtower.core.plan import Plan
from watchtower.core.plan.paging import PagingPolicy, Responder
from watchtower.model import IncidentState, Severity

ORDERS, WEB = http_check("orders", flow="checkout"), http_check("web", flow="checkout")


def rising(*people: Responder, inform: tuple[str, ...] = (), **more: PagingPolicy) -> Plan:
    """`orders` fails at P2 and `web` at P1, both of one flow. P2 pages the backup, P1 who is on call."""
    minor = rule("minor", "outcome == 'down'", ORDERS, severity="P2", text=DOWN_RULE_TEXT)
    major = rule("major", "outcome == 'down'", WEB, severity="P1", text=DOWN_RULE_TEXT)
    made = plain_plan([ORDERS, WEB], [minor, major], people or (LI, WANG))
    levels = {"P2": paging(roles=("backup",), inform=inform), "P1": paging(), **more}
    return replace(made, paging={**made.paging, **{Severity(name): one for name, one in levels.items()}})


def page_to(story: Story, name: str, channel: str = "sms") -> Page:
    return next(p for p in story.undelivered() if (p.responder, str(p.channel)) == (name, channel))


def test_on_a_raise_those_who_knew_of_it_are_told_beside_those_who_are_asked_now() -> None:
    story = Story(rising())
    assert pages(story.down("orders")) == ["new P2 wang sms", "new P2 wang email"]
    story.deliver_all()
    assert pages(story.wait(10).down("web")) == [
        "upgrade P1 li sms", "upgrade P1 li email", "upgrade P1 wang sms", "upgrade P1 wang email",
    ]  # fmt: skip


def test_on_a_raise_those_who_were_escalated_to_hear_it() -> None:
    levels = {"P2": paging(roles=("backup",), escalate=(step(100, "commander"),))}
    story = Story(rising(LI, WANG, ZHAO, **levels))
    story.down("orders")
    story.deliver_all()
    story.wait(100).tick()
    story.deliver_all()
    assert {line.split()[2] for line in pages(story.wait(10).down("web"))} == {"li", "wang", "zhao"}


def test_on_a_raise_who_is_asked_hears_it_by_the_channels_of_the_new_severity_only() -> None:
    def by(channel: str) -> PagingPolicy:
        return PagingPolicy(roles=("oncall",), channels=(channel,))

    story = Story(rising(LI, WANG, P2=by(EMAIL), P1=by(SMS)))
    assert pages(story.down("orders")) == ["new P2 li email"]
    story.deliver_all()
    assert pages(story.wait(10).down("web")) == ["upgrade P1 li sms"]


def test_on_a_raise_those_who_were_only_informed_are_informed_again_and_asked_nothing() -> None:
    story = Story(rising(LI, WANG, CHEN, inform=("product",)))
    story.down("orders")
    story.deliver_all()
    found = {p.responder: p.message.informs for p in queued(story.wait(10).down("web"))}
    assert found == {"li": False, "wang": False, "chen": True}


def test_on_a_raise_whoever_could_not_be_informed_before_is_left_alone() -> None:
    story = Story(rising(LI, WANG, CHEN, inform=("product",)))
    story.down("orders")
    story.fail(page_to(story, "chen", "email"))
    story.deliver_all()
    assert {page.responder for page in queued(story.wait(10).down("web"))} == {"li", "wang"}


def test_a_substitute_is_not_told_the_role_of_whom_they_stand_in_for() -> None:
    story = Story(
        rising(person("zhao", "commander", SMS), person("wu", "nobody", SMS), P2=paging(roles=("commander",)))
    )
    first = queued(story.down("orders"))
    assert [(p.responder, p.message.role) for p in first] == [("zhao", "commander")]
    assert first[0].message.duty is not None
    passed = queued(story.fail(first[0]))
    assert [(p.responder, p.message.role) for p in passed] == [("wu", "")]
    assert (passed[0].message.duty, passed[0].message.duty_short) == (None, None)


def test_the_same_person_on_another_channel_keeps_their_role() -> None:
    story = Story(
        rising(
            person("zhao", "commander", SMS, EMAIL), P2=PagingPolicy(roles=("commander",), channels=(SMS,))
        )
    )
    passed = queued(story.fail(queued(story.down("orders"))[0]))
    assert [(p.responder, str(p.channel), p.message.role) for p in passed] == [("zhao", "email", "commander")]


def test_a_page_that_was_failing_and_then_failed_wakes_one_other_person_and_not_two() -> None:
    some = person("li", "oncall", SMS), person("wang", "backup", SMS), person("zhao", "nobody", SMS)
    crew = Crew(plan(*some, at=PagingPolicy(roles=("oncall",), channels=(SMS,))))
    first = queued(crew.down("bank"))[0]
    assert pages(crew.failing(first)) == ["new P1 wang sms"]
    assert pages(crew.fail(first)) == []


def test_a_page_that_fails_when_all_is_over_wakes_nobody_else() -> None:
    crew = Crew(plan(LI, WANG, at=PagingPolicy(roles=("oncall",), channels=(SMS,))))
    first = queued(crew.down("bank"))[0]
    crew.wait(10).up("bank")
    assert pages(crew.fail(first)) == []


def test_a_reminder_that_fails_wakes_nobody_else_where_the_person_knows() -> None:
    crew = Crew(
        plan(
            person("li", "oncall", SMS),
            WANG,
            at=PagingPolicy(roles=("oncall",), channels=(SMS,), remind_every=300.0),
        )
    )
    crew.break_down()
    crew.wait(300).down("bank")
    (reminder,) = queued(crew.tick())
    assert pages(crew.fail(reminder)) == []


def test_a_mail_to_somebody_who_is_only_informed_does_not_end_that_nobody_was_reached() -> None:
    crew = Crew(
        plan(
            person("li", "oncall", SMS),
            CHEN,
            at=PagingPolicy(roles=("oncall",), channels=(SMS,), inform=("product",)),
        )
    )
    crew.down("bank")
    mail = page_to(crew, "chen", "email")
    crew.fail(page_to(crew, "li"))
    while one := next(
        (p for p in crew.undelivered() if p.incident == "INC-1" and not p.message.informs), None
    ):
        crew.fail(one)
    assert crew.engine.state.open_incident("unreached") is not None
    crew.deliver(mail)
    assert crew.engine.state.open_incident("unreached") is not None
    crew.ack("INC-1", "li")
    assert crew.engine.state.open_incident("unreached") is None


def test_the_patience_of_one_warning_does_not_put_off_the_escalation_of_what_is_worse() -> None:
    made = plan(
        LI, WANG, at=paging(escalate=(step(300, "backup"),), remind_every=0.0), escalate_after=86400.0
    )
    (warning,) = made.rules.values()
    outage = warning.model_copy(update={"name": "bank-is-down", "escalate_after": 0.0})
    crew = Crew(replace(made, rules={**made.rules, outage.name: outage}))
    crew.break_down()
    assert crew.live(290) == []
    assert crew.live(10) == ["+300 new wang sms", "+300 new wang email"]


def test_the_patience_of_a_warning_is_the_time_of_every_step() -> None:
    steps = step(100, "backup"), step(200, "commander")
    crew = Crew(plan(LI, WANG, ZHAO, at=paging(escalate=steps, remind_every=0.0), escalate_after=900.0))
    crew.break_down()
    assert [line for line in crew.live(1800) if " new " in line] == [
        "+900 new wang sms", "+900 new wang email", "+1800 new zhao sms", "+1800 new zhao email",
    ]  # fmt: skip


def test_of_several_warnings_the_least_patient_says_when_to_escalate() -> None:
    made = plan(LI, WANG, at=paging(escalate=(step(100, "backup"),), remind_every=0.0), escalate_after=900.0)
    (first,) = made.rules.values()
    second = first.model_copy(update={"name": "bank-is-down", "escalate_after": 400.0})
    crew = Crew(replace(made, rules={**made.rules, second.name: second}))
    crew.break_down()
    assert crew.live(1000) == ["+400 new wang sms", "+400 new wang email"]


def test_what_no_rule_says_anything_of_is_escalated_at_the_times_of_its_severity() -> None:
    """Checks without data, for one: there is no `escalate_after` that could be meant."""
    crew = Crew(plan(LI, WANG, levels={"P3": paging(escalate=(step(300, "backup"),), remind_every=0.0)}))
    crew.cannot_tell("bank")
    said = crew.live(600)
    opened = next(at for line in said if (at := line.split()[0]))
    assert said == [
        f"{opened} new li sms", f"{opened} new li email",
        f"+{int(opened) + 300} new wang sms", f"+{int(opened) + 300} new wang email",
    ]  # fmt: skip


def test_a_page_that_is_passed_on_keeps_its_number_where_nothing_was_told_since() -> None:
    crew = Crew(plan(person("li", "oncall", SMS), WANG, at=PagingPolicy(roles=("oncall",), channels=(SMS,))))
    (passed,) = queued(crew.fail(queued(crew.down("bank"))[0]))
    assert (passed.id, crew.incident.pages) == ("INC-1.1.wang.sms", 1)


def test_a_page_that_is_passed_on_after_another_was_told_gets_the_next_number() -> None:
    story = Story(
        rising(
            *(person(who, role, SMS) for who, role in (("li", "oncall"), ("wang", "backup"), ("zhao", "")))
        )
    )
    (first,) = queued(story.down("orders"))
    assert [page.id for page in queued(story.wait(10).down("web"))][-1] == "INC-1.2.wang.sms"
    (passed,) = queued(story.fail(first))
    assert (passed.id, story.engine.state.incidents["INC-1"].pages) == ("INC-1.3.zhao.sms", 3)


def test_who_is_asked_already_is_not_called_by_a_step_of_escalation() -> None:
    crew = Crew(
        plan(
            LI, WANG, at=paging(roles=("oncall", "backup"), escalate=(step(100, "backup"),), remind_every=0.0)
        )
    )
    crew.break_down()
    assert crew.live(200) == []


@pytest.mark.parametrize("informs", [False, True])
def test_lowered_is_told_to_each_as_they_were(informs: bool) -> None:
    levels = {"P1": paging(inform=("product",) if informs else ())}
    story = Story(rising(LI, WANG, CHEN, **levels))
    story.down("web")
    story.down("orders")
    story.deliver_all()
    assert queued(story.wait(10).up("web")) == [], "it may come back"
    told = queued(story.wait(900).tick())
    lowered = sorted((p.responder, p.message.informs) for p in told if p.kind == "downgrade")
    assert lowered == [*([("chen", True)] if informs else []), ("li", False), ("li", False)]


def test_an_acknowledgement_by_one_of_two_silences_nobody_but_them() -> None:
    crew = Crew(plan(LI, WANG, at=paging(roles=("oncall", "backup"), acks=2)))
    crew.break_down()
    crew.ack("INC-1", "li")
    assert crew.incident.state is IncidentState.TRIGGERED
    assert crew.live(900) == ["+900 reminder wang sms", "+900 reminder wang email"]
