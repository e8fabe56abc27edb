"""Merging by hand: what goes over, what stays, and when it is refused."""

from __future__ import annotations

import pytest

from tests.core.builders import Story, http_check, pages, plan, rule
from watchtower.core.events import ActionRequest, ChannelBroken, Decision, IncidentDeclared, Refused
from watchtower.core.incident.incidents import Incident
from watchtower.core.plan import Plan
from watchtower.model import IncidentState, Severity

PAY, BANK = http_check("pay", "checkout"), http_check("bank")


def made() -> Plan:
    rules = [
        rule("down", "outcome == 'down'", PAY, severity="P1"),
        rule("gone", "outcome == 'down'", BANK, severity="P2"),
    ]
    return plan([PAY, BANK], rules)


def told() -> Story:
    """INC-1 of checkout (P1), INC-2 of the bank (P2): both are known to li."""
    story = Story(made())
    story.down("pay")
    story.wait(10).down("bank")
    story.deliver_all()
    return story


def merge(story: Story, other: str, home: str, **more: str) -> list[Decision]:
    return story.feed(ActionRequest(other, "merge", "li", data={"into": home, **more}))


def refusal(decisions: list[Decision]) -> str:
    return next((d.detail for d in decisions if isinstance(d, Refused)), "")


def incident(story: Story, id: str) -> Incident:
    return story.engine.state.incidents[id]


def test_its_alerts_go_over_and_people_are_told_where_it_goes_on() -> None:
    story = told()
    found = merge(story, "INC-2", "inc-1", reason="the same bank")
    assert refusal(found) == ""
    assert pages(found) == ["update P1 li email"]
    assert (incident(story, "INC-2").state, incident(story, "INC-2").merged_into) == (
        IncidentState.RESOLVED,
        "INC-1",
    )
    assert story.engine.state.alerts["gone", "bank", ""].incident == "INC-1"
    history = story.engine.state.histories["INC-1"]
    assert [note.text for note in history.notes.notes] == ["INC-2: the same bank"]
    story.deliver_all()
    story.wait(10).up("pay")
    assert incident(story, "INC-1").open, "the bank's alert holds it up now"
    story.wait(10).up("bank")
    assert not incident(story, "INC-1").open


def test_who_subscribed_hears_of_the_incident_in_which_it_goes_on() -> None:
    story = told()
    for _ in range(2):
        story.feed(ActionRequest("INC-2", "subscribe", "li", data={}))
    merge(story, "INC-2", "INC-1")
    assert story.engine.state.histories["INC-1"].people.subscribers == ("li",)


def test_what_fires_again_goes_on_in_the_incident_that_took_over() -> None:
    story = told()
    merge(story, "INC-2", "INC-1")
    story.deliver_all()
    story.wait(10).up("bank")
    story.wait(10).down("bank")
    assert [one.id for one in story.engine.state.incidents.values() if one.open] == ["INC-1"]


def test_what_a_person_declared_ends_with_the_incident_that_took_over() -> None:
    story = told()
    story.feed(IncidentDeclared("Nobody can pay by card", "wang", severity=Severity.P1))
    story.deliver_all()
    assert refusal(merge(story, "INC-3", "INC-1")) == ""
    story.deliver_all()
    story.wait(10).up("pay")
    assert not incident(story, "INC-1").open


@pytest.mark.parametrize(
    ("other", "home", "why"),
    [
        ("INC-1", "INC-2", "INC-1 is or was worse than INC-2: merge INC-2 into it"),
        ("INC-1", "INC-1", "INC-1 cannot be merged into itself"),
        ("INC-1", "INC-9", "there is no open incident INC-9"),
        ("INC-1", "", "into is missing"),
    ],
)
def test_what_is_refused_changes_nothing(other: str, home: str, why: str) -> None:
    story = told()
    before = dict(story.engine.state.incidents)
    found = merge(story, other, home)
    assert why in refusal(found)
    assert dict(story.engine.state.incidents) == before


def test_one_that_was_worse_is_not_hidden_in_a_milder_one() -> None:
    story = told()
    story.feed(ActionRequest("INC-2", "raise", "li", data={"severity": "P0", "reason": "all banks"}))
    assert "was worse" in refusal(merge(story, "INC-2", "INC-1"))
    assert refusal(merge(story, "INC-1", "INC-2")) == ""
    assert incident(story, "INC-2").severity is Severity.P0


def test_nothing_is_merged_into_what_is_over_or_out_of_it() -> None:
    story = told()
    merge(story, "INC-2", "INC-1")
    assert "is over" in refusal(merge(story, "INC-2", "INC-1"))
    assert "there is no open incident INC-2" in refusal(merge(story, "INC-1", "INC-2"))


def test_what_watchtower_says_of_itself_stays_by_itself() -> None:
    story = told()
    story.feed(ChannelBroken("sms", "http 403", "the balance is empty", Severity.P1))
    assert incident(story, "INC-3").key == "channel:sms"
    assert "stay by themselves" in refusal(merge(story, "INC-2", "INC-3"))
    assert "stay by themselves" in refusal(merge(story, "INC-3", "INC-1"))
