"""What people read: why it is them, what their role is to do, what is due; in mail, SMS and the webhook."""

from __future__ import annotations

from dataclasses import replace

from tests.core.builders import EMAIL, SMS, queued
from tests.core.people.crew import CHEN, LI, WANG, ZHAO, Crew, paging, person, plan, step
from watchtower.channels import mail_body, sms_text
from watchtower.channels.contract import Letter
from watchtower.channels.page_body import page_body
from watchtower.core.incident.incidents import Page
from watchtower.core.notify.messages import NotePoint
from watchtower.core.notify.page_roles import page_roles
from watchtower.core.state import Step
from watchtower.delivery.attempt import compose
from watchtower.model import ChannelName, Language, Text

LINKS = ("https://w.example/incidents/INC-1", "https://w.example/ack/k7")


def letter(crew: Crew, who: str, by: ChannelName, language: Language = Language.EN) -> Letter:
    """The newest page to this person."""
    found: Page = [p for p in queued(crew.decisions) if (p.responder, p.channel) == (who, by)][-1]
    return replace(compose(found, crew.plan, True, LINKS), language=language)


def escalated() -> Crew:
    crew = Crew(plan(LI, WANG, at=paging(escalate=[step(300, "backup")])))
    crew.break_down()
    crew.live(300)
    return crew


def test_a_mail_says_first_why_somebody_else_is_asked_and_gives_the_link() -> None:
    text = mail_body.plain(letter(escalated(), "wang", EMAIL))
    assert text.split("\n", 1)[0].endswith(
        "since 13:46:40 UTC (5 min), not acknowledged. Nobody has acknowledged this for 5 min: you are asked now"
    )
    assert "Acknowledge: https://w.example/ack/k7" in text


def test_so_does_a_short_message_in_chinese() -> None:
    text = sms_text.compose(letter(escalated(), "wang", SMS, Language.ZH))
    assert "已 5 分无人认领，现升级通知您。" in text
    assert text.endswith("INC-1 认领 https://w.example/ack/k7")


def test_who_is_informed_reads_the_duty_and_finds_nothing_to_press() -> None:
    crew = Crew(plan(LI, CHEN, at=paging(inform=("product",))))
    crew.break_down()
    sent = letter(crew, "chen", EMAIL, Language.ZH)
    text = mail_body.plain(sent)
    assert "您的职责：产品经理：请确认影响范围与数据（用户、交易、金额），并准备审批降级预案。" in text
    assert "/ack/" not in text
    assert "查看详情：https://w.example/incidents/INC-1" in text
    body = page_body(sent)
    assert (body["role"], body["informs"], body["links"]["ack"]) == ("product", True, None)
    assert body["duty"] is not None
    assert body["duty"]["en"].startswith("Confirm the scope")


def test_an_sms_to_a_role_tells_its_duty_with_the_first_page_only() -> None:
    sun = person("sun", "customer_service")
    crew = Crew(
        plan(
            LI,
            sun,
            ZHAO,
            at=paging(
                remind_every=300.0, roles=("oncall", "commander"), inform_urgently=("customer_service",)
            ),
        )
    )
    crew.break_down()
    assert "Put the script out; count complaints." in sms_text.compose(letter(crew, "sun", SMS))
    assert "You command: decide, do not repair." in sms_text.compose(letter(crew, "zhao", SMS))
    crew.live(300)
    again = sms_text.compose(letter(crew, "zhao", SMS))
    assert "You command" not in again
    assert "Reminder" in again


def test_of_two_who_must_acknowledge_the_second_reads_who_has_and_that_one_is_missing() -> None:
    crew = Crew(plan(LI, WANG, at=paging(roles=("oncall", "backup"), acks=2)))
    crew.break_down()
    crew.ack("INC-1", "li")
    crew.live(900)
    assert "acknowledged by li, 1 more needed" in mail_body.plain(letter(crew, "wang", EMAIL))
    assert "li 已认领，还需 1 人认领" in sms_text.compose(letter(crew, "wang", SMS, Language.ZH))
    assert page_body(letter(crew, "wang", SMS))["acks_missing"] == 1


def test_an_update_says_what_is_due_where_others_say_what_was_seen() -> None:
    crew = Crew(plan(LI, ZHAO))
    crew.break_down()
    now = Step(crew.plan, crew.engine.state, crew.at)
    page_roles(
        now,
        crew.incident,
        ["commander"],
        "status_overdue",
        NotePoint("status", Text("The status update is overdue", "进展通报已超时")),
    )
    crew.decisions += now.decisions
    text = mail_body.plain(letter(crew, "zhao", EMAIL))
    assert text.startswith("[P1] Update: watchtower bank, since ")
    assert ", not acknowledged: The status update is overdue\n" in text
    assert "Why\n- bank is down" in text
    short = sms_text.compose(letter(crew, "zhao", SMS, Language.ZH))
    assert short.startswith("[P1] 进展更新：watchtower bank，")
    assert "：进展通报已超时。" in short
    assert page_body(letter(crew, "zhao", SMS))["note"] == {
        "en": "The status update is overdue",
        "zh": "进展通报已超时",
    }


def test_every_duty_fits_an_sms_with_its_incident_and_link() -> None:
    from watchtower.core.people.role_descriptions import DUTIES

    for role, duty in DUTIES.items():
        crew = Crew(plan(LI, person("sun", role), at=paging(inform_urgently=(role,))))
        crew.break_down()
        for language in Language:
            text = sms_text.compose(letter(crew, "sun", SMS, language))
            assert duty.short.in_(language) in text, role
            assert "https://w.example/incidents/INC-1" in text
