"""The table of what a receipt makes of a page, and how a receipt finds it."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from tests.store.samples import page
from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.incidents import TAKEN, PageState
from watchtower.core.notify.taken_pages import AFTER, MOST, REPORTED, TakenPage, TakenPages, is_same

D, A, R, READ, U = (
    PageState.DELIVERED,
    PageState.ANSWERED,
    PageState.RECEIVED,
    PageState.READ,
    PageState.UNDELIVERED,
)


def taken(number: int, channel: str = "sms.cn", reference: str = "") -> TakenPage:
    return TakenPage(replace(page(number), state=D), channel, reference, 5.0)


def test_every_state_of_an_accepted_page_and_every_receipt_is_decided() -> None:
    assert set(AFTER) == set(product((*TAKEN, U), REPORTED))
    assert all(AFTER[state, state] is state for state in REPORTED)


def test_what_the_phone_has_had_is_not_taken_back() -> None:
    assert [AFTER[state, U] for state in (D, A, R, READ, U)] == [U, U, R, READ, U]
    assert [AFTER[state, A] for state in (D, A, R, READ, U)] == [A, A, R, READ, A]
    assert [AFTER[state, R] for state in (D, A, R, READ, U)] == [R, R, R, READ, R]
    assert {AFTER[state, READ] for state in (D, A, R, READ, U)} == {READ}


@pytest.mark.parametrize(
    ("said", "same"),
    [
        ("+8613800138000", True),
        ("8613800138000", True),
        ("008613800138000", True),
        ("13800138000", True),
        ("138 0013 8000", True),
        ("13800138001", False),
        ("8000", False),
        ("", False),
    ],
)
def test_a_vendor_may_leave_out_the_country_of_a_number(said: str, same: bool) -> None:
    assert is_same("+8613800138000", said) is same


def test_a_mailbox_is_one_whatever_its_letters_case() -> None:
    assert is_same("li@example.com", "Li@Example.com")
    assert not is_same("li1234567@example.com", "1234567")


def test_a_page_is_found_by_our_id_or_by_the_vendors_but_only_by_its_own_channel() -> None:
    book = TakenPages()
    book.add(one := taken(1, reference="BIZ-1"))
    assert book.find("sms.cn", one.page.id, "") is one
    assert book.find("sms.cn", "", "BIZ-1") is one
    assert book.find("sms.abroad", one.page.id, "") is None
    assert book.find("sms.abroad", "", "BIZ-1") is None
    assert book.find("sms.cn", "", "") is None
    book.forget(one.page.incident)
    assert book.find("sms.cn", one.page.id, "BIZ-1") is None


def test_of_very_many_the_newest_are_remembered() -> None:
    book = TakenPages()
    for number in range(MOST + 1):
        book.add(replace(taken(1), page=replace(page(1), id=f"p{number}", state=D)))
    assert (book.get("p0"), len(book.by("sms.cn"))) == (None, MOST)
    assert book.get(f"p{MOST}") is not None


def test_after_a_restart_they_are_known_by_their_lines() -> None:
    sent = replace(page(1), state=R)
    data = {"page": sent.id, "state": "delivered", "through": "sms.cn"}
    log = [LogEntry(7.0, "delivered", detail="BIZ-1", data=data)]
    book = TakenPages()
    book.restore([sent, replace(page(2), state=PageState.QUEUED)], {sent.incident: log})
    assert book.find("sms.cn", "", "BIZ-1") == TakenPage(sent, "sms.cn", "BIZ-1", 7.0)


@pytest.mark.parametrize(("said", "same"), [("0138000", True), ("138000", False)])
def test_seven_digits_are_a_number(said: str, same: bool) -> None:
    assert is_same("+8613800138000", said) is same


def test_of_which_pages_a_channel_has_said_nothing_yet() -> None:
    book = TakenPages()
    heard = taken(2)
    for one in (taken(1), replace(heard, page=replace(heard.page, state=R)), taken(3, "sms.abroad")):
        book.add(one)
    assert [one.page.id for one in book.by("sms.cn")] == [taken(1).page.id]


def test_what_is_forgotten_takes_no_room() -> None:
    book = TakenPages()
    book.add(one := taken(1, reference="BIZ-1"))
    book.forget(one.page.incident)
    assert not book._by_reference
