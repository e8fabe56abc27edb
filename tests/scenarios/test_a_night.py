"""Two hours of a P0 at night are few enough messages to be read, and `docs/a-night.md` shows every one of them."""

from __future__ import annotations

import pytest

from tests.scenarios.night import PAGE, ROLES, Night, nights, rendered, within

# Two days of habits and four hours, three times: about seven seconds, played once for all tests of this file.


@pytest.fixture(scope="module")
def played() -> list[Night]:
    return nights()


def commander(night: Night) -> int:
    return len(within(night.to("zhao", "sms")))


def test_the_page_shows_what_is_sent(played: list[Night]) -> None:
    assert PAGE.read_text(encoding="utf-8") == rendered(played)


def test_who_acknowledges_at_once_gets_at_most_eight_messages(played: list[Night]) -> None:
    assert 3 <= commander(played[0]) <= 8


def test_who_never_acknowledges_gets_at_most_twenty_five(played: list[Night]) -> None:
    assert 20 <= commander(played[1]) <= 25


def test_carriers_let_ten_through_and_the_mails_stay_the_same(played: list[Night]) -> None:
    _, whole, carried = played
    assert 8 <= len(carried.to("zhao", "sms")) <= 10
    assert carried.to("zhao", "sms")[-1].kind.ends
    for name in ROLES:
        assert len(carried.to(name, "email")) >= len(whole.to(name, "email"))


def test_nobody_gets_two_messages_about_it_in_one_minute(played: list[Night]) -> None:
    assert [night.crowded() for night in played] == [[]] * len(played)


def test_everybody_hears_of_it_and_of_its_end(played: list[Night]) -> None:
    for night in played:
        for name in ROLES:
            mails = night.to(name, "email")
            assert mails
            assert mails[-1].kind.ends, name
