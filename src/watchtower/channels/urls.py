"""URLs, proxies, headers and keys as they stand in a configuration: what can never be called is refused at load."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlsplit

from watchtower.fields import AfterValidator, Secret

_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


def host_of(url: str) -> str:
    """The host alone: paths and queries of gateways hold keys."""
    try:
        return urlsplit(url).hostname or "the receiver"
    except ValueError:
        return "the receiver"


def netloc_of(url: str) -> str:
    """Host and port, which identify a receiver."""
    try:
        parts = urlsplit(url)
        return f"{parts.hostname}:{parts.port or (443 if parts.scheme.lower() in ('https', 'wss') else 80)}"
    except ValueError:
        return ""


def problem_of_url(url: str) -> str | None:
    """Why this cannot be called, or None."""
    try:
        parts = urlsplit(url)
        port_is_good = parts.port is None or parts.port > 0
    except ValueError:
        return "is not a URL"
    if parts.scheme.lower() not in ("http", "https"):
        return "is not an http:// or https:// URL"
    if not parts.hostname or not port_is_good or any(c.isspace() or not c.isprintable() for c in url):
        return "is not a complete URL"
    return None


def _endpoint(value: str) -> str:
    if problem := problem_of_url(value):
        raise ValueError(f'"{value}" {problem}')
    return value.rstrip("/")


Endpoint = Annotated[str, AfterValidator(_endpoint)]
"""Where a vendor's API is; it holds no secret."""


def problem_of_proxy(proxy: Secret) -> str | None:
    """Why no call can go by this, or None."""
    url = proxy.get_secret_value()
    if not url:
        return None
    problem = problem_of_url(url)
    if problem is None and not url.lower().startswith("http://"):
        problem = "is not an http:// URL: how we speak to the proxy; what we call by it may be https"
    return f"proxy {problem}, as http://proxy.example:3128" if problem else None


def problem_of_headers(headers: Mapping[str, Secret]) -> str | None:
    """The first header that cannot be sent, or None. Never the value itself: it may be a key."""
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name):
            return f'headers: "{name}" is no name of a header'
        text = value.get_secret_value()
        if problem := problem_of_secret(f"headers: the value of {name}", value):
            return problem
        if not text.isprintable() or not _latin(text):
            return f"headers: the value of {name} holds a character that a header cannot"
    return None


def problem_of_secret(what: str, value: Secret | None) -> str | None:
    """That it ends in a newline, which no key does; or None. `what` is what it is called."""
    text = value.get_secret_value() if value else ""
    if text == text.strip("\r\n"):
        return None
    return f"{what} begins or ends with a newline, as `echo | base64` leaves it: make it with `printf %s`"


def _latin(text: str) -> bool:
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True
