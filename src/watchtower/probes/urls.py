"""Types of addresses and headers in settings. One that can never be sent is refused at load."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import quote, urlsplit, urlunsplit

from watchtower.fields import AfterValidator, Secret

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_ASCII = "".join(map(chr, range(33, 127)))


def lower_scheme(url: str) -> str:
    """`REDISS://h` as `rediss://h`: schemes have no case, but libraries compare them with it."""
    scheme, colon, rest = url.partition("://")
    return f"{scheme.lower()}{colon}{rest}"


def http_url(value: Secret, schemes: tuple[str, ...] = ("http", "https")) -> Secret:
    """The address as it is sent. Raises ValueError for one that can never be."""
    url = value.get_secret_value()
    try:
        parts = urlsplit(url)
        whole = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
        if whole and not re.search(r"[\s\x00-\x1f\x7f]", url):
            return value if url.isascii() and url.startswith(parts.scheme) else Secret(_as_sent(url))
    except ValueError:  # UnicodeError is one
        pass
    raise ValueError("must be a whole http:// or https:// address, such as https://bank.example/health")


def _as_sent(url: str) -> str:
    """The URL as it is sent: Chinese hosts in Punycode, other characters beyond ASCII as %XX of their UTF-8,
    the scheme in lower case."""
    parts = urlsplit(lower_scheme(url))
    user, at, where = parts.netloc.rpartition("@")
    host, port = parts.hostname or "", "" if parts.port is None else f":{parts.port}"
    if not where.isascii():
        where = host.encode("idna").decode("ascii") + port
    sent = [quote(one, safe=_ASCII) for one in (parts.path, parts.query, parts.fragment)]
    return urlunsplit((parts.scheme, quote(user, safe=_ASCII) + at + where, *sent))


HttpUrl = Annotated[Secret, AfterValidator(http_url)]
"""An address that may carry a password or a key, and so is never shown whole."""
HttpOrWebSocketUrl = Annotated[
    Secret, AfterValidator(lambda value: http_url(value, ("http", "https", "ws", "wss")))
]


def _headers(headers: dict[str, Secret]) -> dict[str, Secret]:
    seen, wrong = set[str](), list[str]()
    for name, value in headers.items():
        if not _TOKEN.fullmatch(name):
            wrong.append(
                f"{name!r} is no header's name: write letters, digits and hyphens, such as X-Api-Key"
            )
        if name.lower() in seen:
            wrong.append(f"{name!r} is there twice: names of headers have no case")
        seen.add(name.lower())
        if re.search(r"[\r\n\x00]", value.get_secret_value()):
            wrong.append(f"the value of {name} holds a line's end, which no header can carry")
    if wrong:
        raise ValueError("; ".join(wrong))
    return headers


Headers = Annotated[dict[str, Secret], AfterValidator(_headers)]
"""Request headers by name; a value may be a secret."""
