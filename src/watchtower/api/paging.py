"""Long lists in parts: `?limit=`, and `?cursor=` with the `next` of the part before."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

from starlette.requests import Request

from watchtower.api.parameters import number_of
from watchtower.api.responses import ApiError

T = TypeVar("T")
MOST = 1000


class Part(NamedTuple):
    """The part that is asked for: at most so many, from the one after `after` on; empty: from the first."""

    limit: int
    after: str = ""

    def refused(self) -> ApiError:
        return ApiError(422, '"cursor" is not of this list', "begin again without it")


def part_of(request: Request) -> Part:
    """Raises ApiError for what is no cursor of ours."""
    limit, given = number_of(request, "limit", 100, MOST), request.query_params.get("cursor", "")
    try:
        return Part(limit, base64.urlsafe_b64decode(given.encode()).decode())
    except (binascii.Error, ValueError):
        raise Part(limit).refused() from None


def cursor(after: str) -> str:
    """Says where the next part begins."""
    return base64.urlsafe_b64encode(after.encode()).decode()


def cut(items: Sequence[T], part: Part, key: Callable[[T], str]) -> tuple[Sequence[T], str | None]:
    """The part of these items, and the cursor of the next one. `key` tells an item from all others; one that is gone
    meanwhile is refused, because nobody knows what came after it."""
    begin = 0
    if part.after:
        begin = next((number for number, one in enumerate(items, 1) if key(one) == part.after), 0)
        if not begin:
            raise part.refused()
    found = items[begin : begin + part.limit]
    return found, cursor(key(found[-1])) if begin + part.limit < len(items) else None
