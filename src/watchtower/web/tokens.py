"""The tokens in the links of pages: whose link it is, to which incident, until when, signed, short enough for an SMS.

A token is `version, hours until, incident, responder` and the first 9 bytes of an HMAC-SHA256 over them, in
base 62: only letters and digits, so that no phone cuts a trailing `-` off the link. `INC-12` for `li`: 30 characters.

Where a text has room for 8 characters, the link is a code: the first 41 bits of an HMAC over incident and person. It says
nothing by itself, so it is looked for among the incidents that may still be opened, and what it opens is `narrow`.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import secrets
import string
from collections.abc import Collection, Iterable

from watchtower.errors import WatchtowerError
from watchtower.model import Instant
from watchtower.store.store import Store
from watchtower.values import Frozen

_DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_SMALL, _CODE = string.digits + string.ascii_lowercase, 8
_VALUES = {digit: value for value, digit in enumerate(_DIGITS)}
_VERSION, _NARROW = b"\x01", b"\x02"
_MAC = 9
_LONGEST = 400
_HOUR = 3600
LASTS = 7 * 86400.0
"""Seconds that a link lasts at least, and after the end of its incident."""
UNSUBSCRIBE = "off"
"""What a subscriber's link is for; one that confirms names a language in this place."""


class TokenInvalid(WatchtowerError):
    """The token is none of watchtower's, or it is cut off."""


class Claim(Frozen):
    """What a token says: this responder may act in this incident. It `expires` at the earliest then."""

    incident: str
    responder: str
    expires: Instant
    narrow: bool = False
    """By a code that can be guessed with enough tries: it permits to read and to acknowledge, and no more."""


async def signing_key(store: Store, instance: str, secret: str = "") -> bytes:
    """The key for this instance's tokens: two instances may share WATCHTOWER_SECRET, and a link of one must not open
    an incident of the other. Without a secret one is made once and kept in the store, so that links outlive a restart."""
    key = secret.encode() or bytes.fromhex(await store.once("ack_key", secrets.token_hex(32)))
    return hmac.new(key, b"watchtower-instance\0" + instance.encode(), hashlib.sha256).digest()


def status_key(key: bytes) -> bytes:
    """The key for links of subscribers to the status page: no link of a page is one of theirs, and none the other way."""
    return hmac.digest(key, b"watchtower-status", "sha256")


def code(key: bytes, incident: str, responder: str) -> str:
    """The code of this person's link to an incident: 8 small letters and digits."""
    signed = f"{incident}\0{responder}".encode()
    number, out = int.from_bytes(hmac.digest(key, b"watchtower-code\0" + signed, "sha256")[:16], "big"), ""
    for _ in range(_CODE):
        number, digit = divmod(number, len(_SMALL))
        out += _SMALL[digit]
    return out


def find(
    key: bytes, given: str, incidents: Iterable[str], responders: Collection[str]
) -> tuple[str, str] | None:
    """The incident and the person of a code; None for none."""
    given = given.lower()
    if len(given) != _CODE or not set(given) <= set(_SMALL):
        return None
    for incident in incidents:
        for responder in responders:
            if hmac.compare_digest(code(key, incident, responder), given):
                return incident, responder
    return None


def make(key: bytes, incident: str, responder: str, expires: Instant, *, narrow: bool = False) -> str:
    """A token that expires at `expires`, rounded up to the hour."""
    hours = math.ceil(expires / _HOUR)
    body = (
        (_NARROW if narrow else _VERSION)
        + hours.to_bytes(3, "big")
        + incident.encode()
        + b"\0"
        + responder.encode()
    )
    number, out = int.from_bytes(body + _mac(key, body), "big"), ""
    while number:
        number, digit = divmod(number, 62)
        out = _DIGITS[digit] + out
    return out


def read(key: bytes, token: str) -> Claim:
    """Raises TokenInvalid."""
    number = 0
    if not 0 < len(token) <= _LONGEST:
        raise TokenInvalid("not a link of a page")
    for digit in token:
        if digit not in _VALUES:
            raise TokenInvalid("not a link of a page")
        number = number * 62 + _VALUES[digit]
    whole = number.to_bytes((number.bit_length() + 7) // 8, "big")
    body, mac = whole[:-_MAC], whole[-_MAC:]
    if not hmac.compare_digest(mac, _mac(key, body)) or body[:1] not in (_VERSION, _NARROW):
        raise TokenInvalid("not a link of a page, or a part of it is missing")
    incident, _, responder = body[4:].partition(b"\0")
    expires = int.from_bytes(body[1:4], "big") * float(_HOUR)
    return Claim(incident.decode(), responder.decode(), expires, body[:1] == _NARROW)


def _mac(key: bytes, body: bytes) -> bytes:
    return hmac.new(key, b"watchtower-ack\0" + body, hashlib.sha256).digest()[:_MAC]
