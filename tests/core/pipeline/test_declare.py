"""Incidents that people declare: they page as any other, what fires on the flow joins, and people resolve them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.builders import Story, http_check, pages, plan, rule
from watchtower.core.events import (
    Decision,
    IncidentChanged,
    IncidentDeclared,
    PageQueued,
    Refused,
    ResolvedByHand,
    SilenceAsked,
)
from watchtower.core.incident.incidents import Incident
from watchtower.core.matchers import parse_matchers
from watchtower.core.plan import Plan
from watchtower.core.plan.flows import Flow
from watchtower.model import IncidentState, Severity, Text, Tier

PAY = http_check("pay", "checkout")


def made() -> Plan:
    flows = {"checkout": Flow(name="checkout", title=Text("Checkout", "支付"), tier=Tier.CORE)}
    return replace(plan([PAY], [rule("down", "outcome == 'down'", PAY, severity="P2")]), flows=flows)


def said(**more: object) -> IncidentDeclared:
    given = {
        "text": "Customers cannot pay by card",
        "by": "wang",
        "flow": "checkout",
        "severity": Severity.P1,
    }
    return IncidentDeclared(**{**given, **more})  # type: ignore[arg-type]


def refusal(decisions: list[Decision]) -> str:
    return next((d.detail for d in decisions if isinstance(d, Refused)), "")


def incident(told: Story, id: str = "INC-1") -> Incident:
    return told.engine.state.incidents[id]


def test_it_pages_as_any_other_and_says_what_people_saw() -> None:
    told = Story(made())
    found = told.feed(said(since=told.at - 600))
    assert pages(found) == ["new P1 li sms", "new P1 li email"]
    message = next(d.page.message for d in found if isinstance(d, PageQueued))
    assert [one.text.en for one in message.because] == ["Customers cannot pay by card"]
    one = incident(told)
    assert (one.key, one.title.zh, one.onset) == ("flow:checkout", "支付", told.at - 600)
    opened = next(d for d in told.decisions if isinstance(d, IncidentChanged))
    assert (opened.reason, opened.by, opened.detail) == ("opened", "wang", "Customers cannot pay by card")


def test_an_alert_on_the_flow_joins_and_its_end_does_not_resolve_what_people_declared() -> None:
    told = Story(made())
    told.feed(said())
    told.wait(60).down("pay")
    assert list(told.engine.state.incidents) == ["INC-1"]
    assert told.engine.state.alerts["down", "pay", ""].incident == "INC-1"
    told.feed(ResolvedByHand("INC-1", "li"))
    assert incident(told).open, "what is measured still fires"
    told.deliver_all()
    told.ack()
    told.wait(60).up("pay")
    assert incident(told).state is IncidentState.ACKNOWLEDGED
    for _ in range(200):
        told.wait(10).up("pay")
        told.tick()
    assert incident(told).open
    told.feed(ResolvedByHand("INC-1", "wang"))
    assert incident(told).state is IncidentState.RESOLVED
    assert "resolved P1 li sms" in pages(told.decisions)


def test_without_a_flow_it_is_an_incident_of_its_own() -> None:
    told = Story(made())
    told.feed(said(flow="", text="The app's icon is gone\nseen by three customers"))
    assert (incident(told).key, incident(told).title.en) == ("declared:INC-1", "The app's icon is gone")
    told.wait(10).down("pay")
    assert list(told.engine.state.incidents) == ["INC-1", "INC-2"]
    assert "INC-1 (P1) is open about this" in refusal(
        told.feed(said(flow="", text="The app's icon is gone\nseen by three customers"))
    )


def test_indicators_make_the_severity_by_the_matrix_and_one_page() -> None:
    told = Story(made())
    found = told.feed(said(severity=None, indicators={"affected_users": "25,000"}))
    assert {line.split()[1] for line in pages(found)} == {"P1"}
    assert all(line.startswith("new") for line in pages(found)), (
        "one announcement, no raise in the same second"
    )
    assert incident(told).matrix
    why = next(d.page.message.why for d in found if isinstance(d, PageQueued))
    assert why is not None
    assert "25,000" in why.en


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"text": ""}, "say what happens"),
        ({"severity": None}, "say how bad it is"),
        ({"indicators": {"affected_users": "7"}}, "not both"),
        (
            {"severity": None, "indicators": {"affected_users": "many"}},
            'affected_users is a number, such as "1200"',
        ),
        ({"severity": None, "indicators": {"users": "7"}}, 'there is no indicator "users"'),
        ({"flow": "chekout"}, 'there is no flow "chekout"'),
        ({"since": 1_000_001.0}, "within the last 7 days"),
        ({"since": 1.0}, "within the last 7 days"),
    ],
)
def test_what_is_refused_opens_nothing(more: dict[str, object], why: str) -> None:
    told = Story(made())
    assert why in refusal(told.feed(said(**more)))
    assert not told.engine.state.incidents
    assert not told.engine.state.alerts


def test_what_is_known_is_not_declared_again() -> None:
    told = Story(made())
    told.down("pay")
    assert refusal(told.feed(said())) == ("INC-1 (P2) is open about this: add a note to it, or raise it")


def test_a_silence_of_the_flow_does_not_hold_back_what_a_person_declares() -> None:
    told = Story(made())
    told.feed(SilenceAsked(parse_matchers(['flow="checkout"']), told.at, told.at + 3600, "li"))
    assert pages(told.feed(said())) == ["new P1 li sms", "new P1 li email"]


def test_declared_again_soon_after_the_end_it_is_the_same_incident() -> None:
    told = Story(made())
    told.feed(said())
    told.deliver_all()
    told.feed(ResolvedByHand("INC-1", "wang"))
    found = told.wait(120).feed(said(text="It is back"))
    assert (incident(told).open, pages(found)[0]) == (True, "new P1 li sms")
    assert list(told.engine.state.incidents) == ["INC-1"]


def test_it_outlasts_a_restart_and_a_new_plan() -> None:
    told = Story(made())
    told.feed(said())
    state = told.engine.state
    again = Story(made(), told.wait(60).at)
    again.engine.restore(
        list(state.alerts.values()),
        list(state.incidents.values()),
        list(state.pages.values()),
        {},
        1,
        again.at,
        {},
    )
    again.engine.replace_plan(replace(made(), flows={}), again.at)
    assert incident(again).open
    again.feed(ResolvedByHand("INC-1", "wang"))
    assert incident(again).state is IncidentState.RESOLVED
