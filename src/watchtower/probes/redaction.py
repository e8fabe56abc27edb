"""Removes a check's secrets from every sentence of its probe."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from urllib.parse import parse_qsl, unquote, urlsplit

from watchtower.redaction import Redaction

_LONGEST = 300
"""Characters of a sentence; what a far side says may be long."""
_READ = 20_000
"""Characters that are looked at, so that a megabyte costs no more."""


def redactor(*secrets: str | None, urls: Iterable[str] = ()) -> Callable[[str], str]:
    """A function that writes `***` for these secrets, and for what the URLs carry as user, password and query.

    It also keeps to one line of bounded length, without control characters.
    """
    values = {secret for secret in secrets if secret}
    for url in urls:
        values |= _carried(url)
    strike = Redaction(values | {unquote(value) for value in values})

    def redact(text: str) -> str:
        clean = " ".join(strike(text[:_READ]).split())
        printable = "".join(c if c.isprintable() else "?" for c in clean)
        return printable if len(printable) <= _LONGEST else f"{printable[: _LONGEST - 1]}…"

    return redact


def _carried(url: str) -> set[str]:
    try:
        parts = urlsplit(url)
        named = {parts.username or "", parts.password or "", parts.query}
        return {*named, *(value for _, value in parse_qsl(parts.query))} - {""}
    except ValueError:
        return {url}


def spoken_url(url: str) -> str:
    """Scheme, host, port and path: the parts of a URL that may be shown."""
    try:
        parts = urlsplit(url)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.scheme}://{host}{port}{parts.path}"
    except ValueError:
        return "the URL"
