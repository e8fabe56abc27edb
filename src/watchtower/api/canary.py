"""`/api/v1/canary`: send everybody a test page by each of their channels, and see what became of these pages."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from watchtower.api import views
from watchtower.api.parameters import changed_by, read_by
from watchtower.api.responses import ApiError, JsonAnswer


async def send(request: Request) -> Response:
    """200 with the canary's id; 409 where there is nobody to send it to."""
    daemon, body, _ = await changed_by(request)
    responder = body.get("responder", "")
    if not isinstance(responder, str) or len(responder) > 200:
        raise ApiError(422, '"responder" is not a text')
    id, why_not = await daemon.practice.canary(responder)
    if not id:
        raise ApiError(409, why_not, "see [[responder]] and [channel] in rules.toml")
    return JsonAnswer({"canary": id})


async def pages(request: Request) -> Response:
    """200 with the pages of a canary and what the receivers said; 404 where there is none of this id."""
    id = request.path_params["id"]
    found = await read_by(request).practice.canary_pages(id)
    if not found:
        raise ApiError(404, "there is no such canary", "send one by POST /api/v1/canary")
    return JsonAnswer({"pages": [views.canary_page(each) for each in found]})
