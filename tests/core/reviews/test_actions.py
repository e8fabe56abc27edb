"""What people can do to a review, and when the answer is no."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.reviews.written import DAY, NIGHT, Afterwards, incident
from watchtower.core.pipeline.features import ACTIONS
from watchtower.core.plan import Plan
from watchtower.core.plan.review import ReviewPolicy
from watchtower.core.reviews import actions
from watchtower.core.reviews.review import SECTIONS


def test_every_section_can_be_written_and_written_again() -> None:
    it = Afterwards()
    for section in SECTIONS:
        assert it.do("write", section=section, text=f"first {section}") == ""
    it.do("write", section="summary", text="second")
    assert it.review.sections == {**{s: f"first {s}" for s in SECTIONS}, "summary": "second"}


def test_a_long_section_is_kept_whole() -> None:
    it = Afterwards()
    it.do("write", section="factors", text="x" * 15_000)
    assert len(it.review.sections["factors"]) == 15_000


def test_a_section_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    assert "summary, factors" in Afterwards().do("write", section="prose", text="x")


@pytest.mark.parametrize(("record", "days"), [("P0", 14), ("P1", 30), ("P2", None), ("P4", None)])
def test_an_action_without_a_date_has_the_time_of_its_level(record: str, days: int | None) -> None:
    it = Afterwards(incident(record))
    it.do("action", text="a synthetic order each minute", type="detect", owner="li")
    (item,) = it.review.actions
    assert item.due == (it.at + days * DAY if days else None)
    assert (item.id, item.type, item.owner, item.open) == ("A1", "detect", "li", True)


def test_a_bare_date_lasts_to_its_end() -> None:
    it = Afterwards()
    it.do("action", text="renew by machine", owner="li", due="2025-12-01")
    it.at = NIGHT + 9 * DAY - 3600  # 1 December, 15:00
    it.do("action_done", id="a1")
    (item,) = it.review.actions
    assert item.on_time(it.at) is True


def test_an_action_can_be_changed_and_what_is_not_said_stays() -> None:
    it = Afterwards(incident("P3"))
    it.do("action", text="alarm on the certificate", type="detect")
    assert it.do("action", id="A1", owner="wang", due="2026-01-15") == ""
    (item,) = it.review.actions
    assert (item.text, item.type, item.owner) == ("alarm on the certificate", "detect", "wang")
    assert it.do("action", id="A9", owner="wang") == 'there is no action "A9" here: leave id out to add one'
    assert it.do("action", owner="wang") == "text is missing: say what is to be done"


def test_an_action_ends_once_done_or_dropped() -> None:
    it = Afterwards()
    it.do("action", text="one", owner="li")
    it.do("action", text="two", owner="li")
    assert it.do("action_done", by="wang", id="A1") == ""
    assert it.do("action_done", id="A2", dropped="the vendor did it") == ""
    one, two = it.review.actions
    assert (one.done_by, one.open) == ("wang", False)
    assert (two.dropped, two.open, two.on_time(it.at)) == ("the vendor did it", False, None)
    assert it.do("action_done", id="A1") == "A1 is not open: it is done already"
    assert it.do("action_done", id="A3") == 'there is no action "A3" here'


@pytest.mark.parametrize(
    ("said", "kept"),
    [("Bad Deploy", "bad-deploy"), ("certificate", "certificate"), ("证书过期", "证书过期"), ("  DNS / CDN ", "dns-cdn")],
)  # fmt: skip
def test_tags_are_spelt_alike_so_that_repeats_are_found(said: str, kept: str) -> None:
    it = Afterwards()
    assert it.do("tag", tag=said, helped="rolled back") == ""
    assert (it.review.cause_tag, it.review.helped) == (kept, "rolled back")


def test_where_causes_are_listed_no_other_tag_is_taken() -> None:
    it = Afterwards(plan=Plan(review=ReviewPolicy(causes=("certificate", "bad-deploy"))))
    assert it.do("tag", tag="certificates").endswith('did you mean "certificate"?')
    assert it.do("tag", tag="moon") == '"moon" is no cause of [review] causes: one of certificate, bad-deploy'
    assert it.do("tag", tag="!!!").startswith('"!!!" is no tag')
    assert it.do("tag", tag="Certificate") == ""


def test_closing_is_refused_with_all_reasons_at_once() -> None:
    it = Afterwards(incident("P2"))
    it.do("action", text="one")
    it.do("action", text="two", owner="li")
    it.do("action", text="three", due="2026-01-15")
    assert it.do("close_review") == (
        "the review cannot be closed: action A1 has no owner and no date; action A2 has no date; "
        "action A3 has no owner; the cause has no tag"
    )


def test_a_review_that_lacks_nothing_is_closed_once_and_then_only_actions_move() -> None:
    it = Afterwards()
    it.do("action", text="one", owner="li")
    it.do("tag", tag="certificate")
    assert it.do("close_review", by="chen") == ""
    assert (it.review.closed_at, it.review.closed_by) == (it.at, "chen")
    for refused in (
        it.do("write", section="summary", text="late"),
        it.do("tag", tag="other"),
        it.do("action", text="another"),
        it.do("review_owner", owner="li"),
        it.do("reconcile", text="x"),
    ):
        assert refused == actions.CLOSED
    assert it.do("close_review") == "the review cannot be closed: it is closed already"
    assert it.do("action_done", id="A1") == ""


def test_what_is_not_over_cannot_be_closed() -> None:
    from watchtower.model import IncidentState

    it = Afterwards(replace(incident(), state=IncidentState.ACKNOWLEDGED, resolved_at=None, settled=False))
    it.do("tag", tag="certificate")
    assert it.do("close_review") == "the review cannot be closed: the incident is not over"


def test_a_verdict_says_false_or_who_really_saw_it_first() -> None:
    it = Afterwards()
    assert it.do("verdict") == "say false_page, or source, or both"
    assert it.do("verdict", false_page="yes") == ""
    assert it.do("verdict", source="customer") == ""
    assert (it.review.false_page, it.review.source) == (True, "customer")


def test_owner_meeting_and_reconciliation() -> None:
    it = Afterwards()
    it.do("review_owner", owner="chen", meeting="2025-11-25T10:00:00+08:00")
    it.do("reconcile", text="214 orders missing, ticket FIN-9", recouped="1,200.50 cny")
    assert (it.review.owner, it.review.meeting_at) == ("chen", 1_764_036_000.0)
    assert (it.review.reconciliation, it.review.recouped) == (
        "214 orders missing, ticket FIN-9",
        "1200.50 CNY",
    )


def test_all_of_them_may_be_done_when_the_incident_is_over_and_nothing_else_may() -> None:
    assert all(action.closed for action in actions.ACTIONS)
    assert len({a.name for a in ACTIONS.values()}) == len(ACTIONS)
    it = Afterwards()
    closed = next(a for a in ACTIONS.values() if not a.closed)
    assert "is over" in it.do(closed.name)
    assert it.do("dance") == 'there is no action "dance"'
    assert it.do("tag", colour="red").splitlines() == [
        'tag has no field "colour"',
        "tag is missing: the cause in a word or two",
    ]


def test_entries_of_other_versions_change_nothing() -> None:
    from watchtower.core.incident.entry import LogEntry

    it = Afterwards()
    it.log = [
        LogEntry(1.0, "review.dance", "li", "x", {"tag": "y"}),
        LogEntry(1.0, "review.section", "li", "x", {"section": "poem", "text": "y"}),
        LogEntry(1.0, "review.section", "li", "x", {"section": ["summary"], "text": 7}),
        LogEntry(1.0, "review.action", "li", "x", {"id": 7}),
        LogEntry(1.0, "review.action_done", "li", "x", {"id": "A1"}),
    ]
    assert not it.review.begun
