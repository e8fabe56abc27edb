"""Twilio's signature of a request that it makes: base64 of an HMAC over the URL and the form's fields.

Source: https://www.twilio.com/docs/usage/security#validating-requests
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import parse_qsl, urlsplit

SIGNATURE, SETTINGS = "x-twilio-signature", "x-twilio-webhooks-signature-settings"
"""The headers: the signature, and how it was made where the key is a SharedKey."""
_HASHES = {"HMAC_SHA1": hashlib.sha1, "HMAC_SHA256": hashlib.sha256}
_PORTS = {"https": 443, "http": 80}


def signature(url: str, fields: Iterable[tuple[str, str]], key: str, algorithm: str = "HMAC_SHA1") -> str:
    """Returns the signature's header. A value that a field repeats is signed once; values of one field stand in order."""
    said = url + "".join(name + value for name, value in sorted(set(fields)))
    made = hmac.new(key.encode(), said.encode(), _HASHES[algorithm]).digest()
    return base64.b64encode(made).decode()


def is_signed(
    url: str, headers: Mapping[str, str], body: bytes, key: str, fields: Sequence[tuple[str, str]] | None
) -> bool:
    """Whether the request was signed with this key. `url` is where the vendor was told to call, with the query; names of
    `headers` are in small letters. `fields` are the form's; None for a body of another kind, whose SHA-256 the URL bears."""
    given, algorithm = headers.get(SIGNATURE, ""), _algorithm(headers.get(SETTINGS, ""))
    if not (key and given and algorithm in _HASHES):
        return False
    if fields is None:
        borne = dict(parse_qsl(urlsplit(url).query)).get("bodySHA256", "")
        if not _same(hashlib.sha256(body).hexdigest(), borne):
            return False
    # Which of the two was signed depends on the part of the vendor that calls.
    made = [signature(one, fields or (), key, algorithm) for one in _with_and_without_port(url)]
    return any([_same(one, given) for one in made])  # noqa: C419 - both, whichever it is


def _algorithm(settings: str) -> str:
    """`key=webhooks_sharedkey_…,algorithm=HMAC_SHA256`; without the header the key is the account's token."""
    pairs = (part.partition("=") for part in settings.split(","))
    return next(
        (value.strip().upper() for name, _, value in pairs if name.strip() == "algorithm"), "HMAC_SHA1"
    )


def _with_and_without_port(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    host = parts.netloc if parts.port is None else parts.netloc.rpartition(":")[0]
    port = parts.port or _PORTS[parts.scheme]
    return parts._replace(netloc=host).geturl(), parts._replace(netloc=f"{host}:{port}").geturl()


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
