"""The token in a form: it proves that the form is from a page that we made for this session.

It is an HMAC over the session, behind a nonce that is new on each page: a compressed page says nothing of it (BREACH).
"""

from __future__ import annotations

import hmac
import secrets

FIELD = "form_token"


def make(key: bytes, session: str) -> str:
    nonce = secrets.token_hex(8)
    return f"{nonce}.{_mac(key, nonce, session)}"


def right(key: bytes, session: str, given: str) -> bool:
    nonce, _, mac = given.partition(".")
    return hmac.compare_digest(mac.encode("utf-8", "replace"), _mac(key, nonce, session).encode())


def _mac(key: bytes, nonce: str, session: str) -> str:
    signed = f"watchtower-form\0{nonce}\0{session}".encode("utf-8", "replace")
    return hmac.new(key, signed, "sha256").hexdigest()[:32]
