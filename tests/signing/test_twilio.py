"""Twilio's signature of its own requests: the vector of its documentation, and what must not pass."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from watchtower.signing.twilio import SETTINGS, SIGNATURE, is_signed, signature

URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
FIELDS = [
    ("CallSid", "CA1234567890ABCDE"),
    ("Caller", "+14158675309"),
    ("Digits", "1234"),
    ("From", "+14158675309"),
    ("To", "+18005551212"),
]
KEY, SAID = "12345", "RSOYDt4T1cUTdK1PDd93/VVr8B8="
VECTORS = json.loads((Path(__file__).parents[1] / "channels/vectors/twilio.json").read_text("utf-8"))


def test_the_documented_vector() -> None:
    assert signature(URL, FIELDS, KEY) == SAID
    assert signature(URL, reversed(FIELDS), KEY) == SAID


@pytest.mark.parametrize("one", VECTORS["signatures"], ids=lambda one: one["url"])
def test_a_signature_is_the_sdks(one: dict[str, Any]) -> None:
    fields = [(name, value) for name, value in one["fields"]]
    assert signature(one["url"], fields, one["key"], one["algorithm"]) == one["signature"]


@pytest.mark.parametrize(
    "signed",
    ["https://mycompany.com/cb/s?a=1", "https://mycompany.com:443/cb/s?a=1"],
    ids=["without port", "with port"],
)
@pytest.mark.parametrize("told", ["https://mycompany.com/cb/s?a=1", "https://mycompany.com:443/cb/s?a=1"])
def test_the_port_may_stand_in_what_was_signed(signed: str, told: str) -> None:
    assert is_signed(told, {SIGNATURE: signature(signed, FIELDS, KEY)}, b"", KEY, FIELDS)


def test_a_port_of_its_own_and_an_ipv6_host_are_kept_apart() -> None:
    for url in ("https://w.example:8443/cb", "http://[2001:db8::1]/cb", "http://[2001:db8::1]:8080/cb"):
        assert is_signed(url, {SIGNATURE: signature(url, FIELDS, KEY)}, b"", KEY, FIELDS)


def test_a_shared_key_signs_by_sha256_and_only_where_the_header_says_so() -> None:
    made = signature(URL, FIELDS, KEY, "HMAC_SHA256")
    how = {SETTINGS: "key=webhooks_sharedkey_01,algorithm=HMAC_SHA256"}
    assert is_signed(URL, {SIGNATURE: made, **how}, b"", KEY, FIELDS)
    assert not is_signed(URL, {SIGNATURE: made}, b"", KEY, FIELDS)
    assert not is_signed(URL, {SIGNATURE: made, SETTINGS: "algorithm=NONE"}, b"", KEY, FIELDS)


def test_a_body_of_json_is_bound_by_its_digest_in_the_url() -> None:
    body = b'{"a": 1}'
    url = f"https://w.example/cb?bodySHA256={hashlib.sha256(body).hexdigest()}"
    made = {SIGNATURE: signature(url, (), KEY)}
    assert is_signed(url, made, body, KEY, None)
    assert not is_signed(url, made, b'{"a": 2}', KEY, None)
    bare = "https://w.example/cb"
    assert not is_signed(bare, {SIGNATURE: signature(bare, (), KEY)}, body, KEY, None)


@pytest.mark.parametrize("given", ["", SAID[:-1], SAID.lower(), "é", f" {SAID}"])
def test_any_other_signature_is_refused(given: str) -> None:
    assert not is_signed(URL, {SIGNATURE: given} if given else {}, b"", KEY, FIELDS)


def test_without_a_key_nothing_is_signed() -> None:
    assert not is_signed(URL, {SIGNATURE: signature(URL, FIELDS, "")}, b"", "", FIELDS)


def test_a_changed_field_an_added_one_and_another_url_are_refused() -> None:
    said = {SIGNATURE: SAID}
    assert is_signed(URL, said, b"", KEY, FIELDS)
    assert not is_signed(URL, said, b"", KEY, [*FIELDS[:2], ("Digits", "1"), *FIELDS[3:]])
    assert not is_signed(URL, said, b"", KEY, [*FIELDS, ("Z", "1")])
    assert not is_signed(URL.replace("bar=2", "bar=3"), said, b"", KEY, FIELDS)
