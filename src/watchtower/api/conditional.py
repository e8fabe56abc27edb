"""ETags: whoever asks every few seconds gets 304 and no body while nothing has changed."""

from __future__ import annotations

from hashlib import blake2b

from starlette.requests import Request
from starlette.responses import Response

from watchtower.api.operation import Endpoint


def revalidating(endpoint: Endpoint) -> Endpoint:
    """The same endpoint, whose answers carry an ETag and are left out where the asker has them."""

    async def answered(request: Request) -> Response:
        answer = await endpoint(request)
        if answer.status_code != 200:
            return answer
        tag = f'"{blake2b(bytes(answer.body), digest_size=12).hexdigest()}"'
        # It may be kept, and has to be asked for each time.
        named = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Accept-Language, Authorization"}
        if _fits(request.headers.get("if-none-match", ""), tag):
            return Response(status_code=304, headers=named)
        answer.headers.update(named)
        return answer

    return answered


def _fits(header: str, tag: str) -> bool:
    """As RFC 9110 compares here: what a proxy has weakened (`W/`) counts too."""
    return any(one.strip().removeprefix("W/") in (tag, "*") for one in header.split(","))
