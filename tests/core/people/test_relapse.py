"""What was acknowledged was what was before: after a relapse, and after the next warning, everybody may acknowledge again."""

from __future__ import annotations

import pytest

from tests.core.builders import pages, queued
from tests.core.people.crew import LI, WANG, Crew, paging, plan
from watchtower.core.incident.history import project
from watchtower.core.incident.log import line_of
from watchtower.model import IncidentState

BOTH = ("oncall", "backup")


def relapsed(acks: int, *by: str, expires: float = 0.0) -> Crew:
    """The bank fails, these acknowledge, it recovers, and fails again within the hour."""
    crew = Crew(plan(LI, WANG, at=paging(roles=BOTH, acks=acks, ack_expires=expires)))
    crew.break_down()
    for who in by:
        crew.ack("INC-1", who)
    crew.wait(60).up("bank")
    crew.deliver_all()
    crew.wait(600)
    return crew


@pytest.mark.parametrize("expires", [0.0, 7200.0])
def test_both_acknowledge_again_after_a_relapse(expires: float) -> None:
    crew = relapsed(2, "li", "wang", expires=expires)
    crew.down("bank")
    assert crew.incident.state is IncidentState.TRIGGERED
    assert (crew.incident.acknowledged_by, crew.incident.acks_missing) == ("", 0)
    crew.deliver_all()
    crew.ack("INC-1", "li")
    assert (crew.incident.state, crew.incident.acks_missing) == (IncidentState.TRIGGERED, 1)
    crew.ack("INC-1", "wang")
    assert (crew.incident.state, crew.incident.acknowledged_by) == (IncidentState.ACKNOWLEDGED, "li, wang")
    assert crew.live(3600) == []


def test_half_an_acknowledgement_from_before_counts_no_more() -> None:
    crew = relapsed(2, "li")
    crew.break_down()
    crew.ack("INC-1", "wang")
    assert (crew.incident.state, crew.incident.acks_missing) == (IncidentState.TRIGGERED, 1)


def test_reminders_go_to_both_until_both_have_acknowledged_again() -> None:
    crew = relapsed(2, "li", "wang")
    crew.break_down()
    assert {line.split()[2] for line in crew.live(900)} == {"li", "wang"}


@pytest.mark.parametrize("acks", [1, 2])
def test_the_page_of_a_relapse_says_who_had_it_and_not_that_anybody_has_it(acks: int) -> None:
    crew = relapsed(acks, "li", "wang")
    first = queued(crew.down("bank"))
    assert {page.responder for page in first} == {"li", "wang"}
    for page in first:
        assert (page.message.reason, page.message.acknowledged_by) == ("reopened", "")
        assert page.message.status == "triggered"
        assert page.message.note is not None
        assert page.message.note.en == f"Reopened. Handled by {'li' if acks == 1 else 'li, wang'} before."
        assert "acknowledged" not in page.message.note.en


def test_a_relapse_that_nobody_had_taken_says_nothing_of_it() -> None:
    crew = relapsed(2)
    assert {page.message.note for page in queued(crew.down("bank"))} == {None}


def test_the_log_alone_says_the_same() -> None:
    """After a restart too: there is no second place in which somebody still has it."""
    crew = relapsed(2, "li", "wang")
    crew.down("bank")
    lines = [line for d in crew.decisions if (line := line_of(d))]
    story = project(entry for incident, entry in lines if incident == "INC-1")
    assert story.people.acks == {}
    assert story == crew.engine.state.histories["INC-1"]


def test_the_first_of_two_acknowledgements_survives_what_is_no_relapse() -> None:
    crew = Crew(plan(LI, WANG, at=paging(roles=BOTH, acks=2)))
    crew.break_down()
    crew.ack("INC-1", "li")
    crew.live(60)
    crew.ack("INC-1", "wang")
    assert crew.incident.state is IncidentState.ACKNOWLEDGED
    assert pages(crew.tick()) == []
