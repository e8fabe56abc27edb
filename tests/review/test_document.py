"""A review goes out as Markdown, is written into, and comes back: what comes back unchanged changes nothing."""

from __future__ import annotations

import pytest

from tests.core.reviews.night import log, plan, the_incident
from tests.core.reviews.written import DAY, NIGHT, Afterwards
from watchtower.core.reviews.build import record_of
from watchtower.core.reviews.facts import facts_of
from watchtower.core.reviews.review import SECTIONS
from watchtower.model import Language
from watchtower.review.document import ReviewEdit, changes, document
from watchtower.review.sheet import review_sheet
from watchtower.texts.phrases import Tongue


def written(it: Afterwards, language: Language = Language.EN) -> str:
    facts = facts_of(it.incident, it.log)
    return document(
        review_sheet(facts, record_of(it.plan, facts), Tongue(language, at=it.at)),
        it.review,
        it.incident.id,
    )


def night() -> Afterwards:
    return Afterwards(the_incident(), plan(), log())


def bring_back(it: Afterwards, text: str) -> list[str]:
    return [it.do(change.action, **change.data) for change in changes(text, it.review)]


@pytest.mark.parametrize("language", Language)
def test_every_part_is_there_to_write_into_and_an_empty_one_changes_nothing(language: Language) -> None:
    it = night()
    text = written(it, language)
    assert [text.count(f"<!-- write: {name} -->") for name in (*SECTIONS, "decided", "actions")] == [1] * 10
    assert changes(text, it.review) == []


@pytest.mark.parametrize("language", Language)
def test_what_was_written_comes_back_and_then_is_there(language: Language) -> None:
    it = night()
    text = written(it, language)
    text = text.replace(
        "<!-- write: summary -->\n",
        "<!-- write: summary -->\nThe gateway's certificate expired.\n\n### In short\n\n- an hour\n",
    )
    text = text.replace("<!-- write: lucky -->\n", "<!-- write: lucky -->\n运气好：低峰期。\n")
    for line in text.splitlines():
        for key, value in {"`owner`": "chen", "`cause`": "Certificate", "`helped`": "renewed by hand", "`source`": "customer",
                           "`reconciliation`": "FIN-9: 214 orders", "`recouped`": "1200.5 CNY", "`false_page`": "no"}.items():  # fmt: skip
            if line.startswith(f"- {key}"):
                text = text.replace(line, line + value)
    text = text.replace(
        "|  |  |  |  |  |  |  |",
        "|  | renew by machine | prevent | wang | 2025-12-24 | no page \\| for a year |  |",
    )
    assert bring_back(it, text) == [""] * 7
    review = it.review
    assert review.sections["summary"] == "The gateway's certificate expired.\n\n### In short\n\n- an hour"
    assert review.sections["lucky"] == "运气好：低峰期。"
    assert (review.owner, review.cause_tag, review.helped, review.source) == (
        "chen",
        "certificate",
        "renewed by hand",
        "customer",
    )
    assert (review.reconciliation, review.recouped, review.false_page) == (
        "FIN-9: 214 orders",
        "1200.5 CNY",
        False,
    )
    (item,) = review.actions
    assert (item.text, item.type, item.owner, item.acceptance) == (
        "renew by machine",
        "prevent",
        "wang",
        "no page | for a year",
    )
    assert changes(written(it, language), review) == []


def test_an_action_is_changed_and_ended_in_its_row() -> None:
    it = night()
    it.do("action", text="one", owner="li", due="2025-12-01")
    it.do("action", text="two", owner="li", due="2025-12-01")
    it.do("action", text="three", owner="li", due="2025-12-01")
    rows = written(it).splitlines()
    edited = [
        row.replace("| li |", "| wang |") if "| one |" in row
        else row.replace("| open |", "| done |") if "| two |" in row
        else row.replace("| open |", "| dropped: the vendor did it |") if "| three |" in row
        else row
        for row in rows
    ]  # fmt: skip
    assert changes("\n".join(edited), it.review) == [
        ReviewEdit("action", {"owner": "wang", "id": "A1"}),
        ReviewEdit("action_done", {"id": "A2"}),
        ReviewEdit("action_done", {"id": "A3", "dropped": "the vendor did it"}),
    ]
    assert bring_back(it, "\n".join(edited)) == ["", "", ""]


def test_everything_that_is_wrong_is_said_at_once() -> None:
    it = night()
    text = (
        "<!-- write: poem -->\nroses\n<!-- write: decided -->\n- `colour`: red\n<!-- write: actions -->\n"
        "| | what |\n|---|---|\n| too | few |\n| A7 | x | prevent | li | | | open |\n|  | y | prevent | li | | | maybe |\n"
    )
    with pytest.raises(ValueError, match="there is no part poem") as caught:
        changes(text, it.review)
    assert [line.split(":")[0] for line in str(caught.value).splitlines()] == [
        "there is no part poem", "decided", "actions", "actions", "actions",
    ]  # fmt: skip


def test_a_file_without_marks_is_no_review() -> None:
    with pytest.raises(ValueError, match="export it first"):
        changes("# Review\n\nwords", night().review)


def test_headings_and_comments_of_the_template_are_not_taken_for_text() -> None:
    it = night()
    text = written(it).replace(
        "<!-- write: well -->\n", "<!-- write: well -->\n<!-- be kind -->\nli was fast.\r\n"
    )
    assert changes(text, it.review) == [ReviewEdit("write", {"section": "well", "text": "li was fast."})]


def test_what_people_write_cannot_break_the_table_or_the_marks() -> None:
    it = night()
    it.do("action", text="a | b \\ c\n<!-- write: summary -->", owner="li", due=str(NIGHT + 9 * DAY))
    it.do("reconcile", text="line one\nline two")
    assert changes(written(it), it.review) == []
