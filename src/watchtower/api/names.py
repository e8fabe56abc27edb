"""The name of the person behind a request.

With one token for all, a name is a claim: the actions (core/severity/actions.py, core/degrade/actions.py) bound
what one name may do alone, and the log keeps the address it came from.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from watchtower.api.responses import ApiError
from watchtower.outside_text import REPLACEMENT, clean

LONGEST = 100
RESERVED = "watchtower"
"""The name in entries that watchtower wrote itself."""


def named(request: Request, given: Any) -> str:
    """The name, as it is written into the log. Raises ApiError for one that nobody can have."""
    if not isinstance(given, str) or not given.strip() or len(given) > LONGEST:
        what = 'the body has no usable "by": who are you?'
        raise ApiError(422, what, f'send {{"by": "your name"}}, at most {LONGEST} characters')
    by = " ".join(clean(given).split())
    if REPLACEMENT in by or not by:
        raise ApiError(400, 'the name in "by" holds a sign that cannot be written', "send letters as UTF-8")
    if by.casefold() == RESERVED:
        raise ApiError(422, f'"{by}" is the name of the machine', "send your own name")
    request.scope.setdefault("state", {})["by"] = by
    return by
