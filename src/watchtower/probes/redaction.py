"""Keeping a check's own secrets out of every sentence that its probe says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from urllib.parse import parse_qsl, quote, unquote, urlsplit

_SHORTEST = 4
"""Shorter values would be found everywhere."""
_LONGEST = 300
"""Characters of a sentence; what a far side says may be long."""


def redactor(*secrets: str | None, urls: Iterable[str] = ()) -> Callable[[str], str]:
    """A function that writes `***` for these secrets, and for what the URLs carry as user, password and query.

    It also keeps to one line of bounded length, without control characters.
    """
    values = {secret for secret in secrets if secret}
    for url in urls:
        values |= _carried(url)
    values |= {quote(value, safe="") for value in values} | {unquote(value) for value in values}
    longest_first = sorted((v for v in values if len(v) >= _SHORTEST), key=len, reverse=True)
    pattern = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def redact(text: str) -> str:
        clean = " ".join(pattern.sub("***", text).split() if pattern else text.split())
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
    """Scheme, host, port and path: what may be said of a URL."""
    try:
        parts = urlsplit(url)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.scheme}://{host}{port}{parts.path}"
    except ValueError:
        return "the URL"
