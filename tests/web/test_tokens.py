"""The tokens in the links of pages."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchtower.web.tokens import Claim, TokenInvalid, make, read, signing_key

KEY = b"k" * 32
AT = 1_763_827_433.0
NAME = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=20)


@given(incident=NAME, responder=NAME)
def test_what_was_signed_is_read_back(incident: str, responder: str) -> None:
    claim = read(KEY, make(KEY, incident, responder, AT + 60))
    assert (claim.incident, claim.responder) == (incident, responder)
    assert AT + 60 <= claim.expires < AT + 60 + 3600


@pytest.mark.parametrize("responder", ["li", "zhang.wei", "王伟"])
def test_it_is_short_enough_for_an_sms_and_no_phone_cuts_it(responder: str) -> None:
    token = make(KEY, "INC-123", responder, AT)
    assert len(token) <= 40
    assert set(token) <= set(string.ascii_letters + string.digits)


def test_it_expires_on_the_hour_after() -> None:
    token = make(KEY, "INC-1", "li", AT)
    assert read(KEY, token) == Claim("INC-1", "li", AT - AT % 3600 + 3600)


def test_one_changed_character_is_noticed_wherever_it_is() -> None:
    token = make(KEY, "INC-1", "li", AT + 60)
    for place in range(len(token)):
        other = "a" if token[place] != "a" else "b"
        with pytest.raises(TokenInvalid):
            read(KEY, token[:place] + other + token[place + 1 :])


NOT_OURS = ["", "0", "abc", "!", "-_-", "é", "٣", "z" * 401, "z" * 400, "../../etc/passwd", "a" * 39]


@pytest.mark.parametrize("token", NOT_OURS)
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(TokenInvalid):
        read(KEY, token)


@given(st.text(max_size=80))
def test_no_text_makes_reading_crash(token: str) -> None:
    with pytest.raises(TokenInvalid):
        read(KEY, token)


def test_a_token_cut_short_on_its_way_is_refused() -> None:
    token = make(KEY, "INC-1", "li", AT + 60)
    for end in range(len(token)):
        with pytest.raises(TokenInvalid):
            read(KEY, token[:end])


def test_another_key_reads_nothing() -> None:
    with pytest.raises(TokenInvalid):
        read(b"x" * 32, make(KEY, "INC-1", "li", AT + 60))


class Values(dict[str, str]):
    async def once(self, name: str, value: str) -> str:
        return self.setdefault(name, value)


async def test_the_key_is_made_once_and_kept() -> None:
    values = Values()
    key = await signing_key(values, "7f3k")
    assert len(key) == 32
    assert await signing_key(values, "7f3k") == key
    assert await signing_key(Values(), "7f3k") != key


async def test_a_link_of_one_instance_opens_nothing_on_another_with_the_same_secret() -> None:
    here, there = [await signing_key(Values(), name, "one secret for both") for name in ("7f3k", "9c1d")]
    assert await signing_key(Values(), "7f3k", "one secret for both") == here
    with pytest.raises(TokenInvalid):
        read(there, make(here, "INC-7", "li", AT + 60))
