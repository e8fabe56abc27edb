"""A form's fields, without the multipart parser that starlette would need for them."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.requests import Request

from watchtower.api.responses import ApiError
from watchtower.outside_text import clean


async def form(request: Request) -> Mapping[str, str]:
    """Returns the last value of each field. Raises ApiError for what is not `application/x-www-form-urlencoded`."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await request.body()
    if body and kind != "application/x-www-form-urlencoded":
        raise ApiError(
            415, "this is a form's address", "send application/x-www-form-urlencoded, or use /api/v1"
        )
    try:
        pairs = parse_qsl(body.decode(), max_num_fields=20)
        return {clean(name): clean(value) for name, value in pairs}
    except (UnicodeDecodeError, ValueError):
        raise ApiError(400, "the form cannot be read") from None
