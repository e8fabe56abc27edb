"""HTML that cannot be injected into: every text that goes into a template is escaped, unless it is Html already.

A template is a file in `templates/` with `${name}` in it; lists are made by joining filled templates. That is
all our few pages need, and costs no memory for a template engine.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from html import escape
from importlib.resources import files


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


EMPTY = Html("")


def fill(name: str, /, **values: object) -> Html:
    """`templates/<name>.html` with these values. Raises KeyError for a place without a value."""
    parts = _template(name).copy()
    parts[1::2] = [safe(values[place]) for place in parts[1::2]]
    return Html("".join(parts))


def join(parts: Iterable[Html]) -> Html:
    return Html("".join(parts))


def safe(value: object) -> Html:
    return value if isinstance(value, Html) else Html(escape(str(value), quote=True))


def link(url: str) -> str:
    """The address when it is one to follow; empty for `javascript:` and whatever else is none."""
    return url if url.lower().startswith(("https://", "http://", "/")) else ""


@cache
def _template(name: str) -> list[str]:
    """Text and names of places in turn. Split once: `string.Template` scans the text at every filling."""
    return re.split(
        r"\$\{(\w+)\}", (files("watchtower.web") / "templates" / f"{name}.html").read_text("utf-8").rstrip()
    )
