"""`/api/v1/status/subscribers`: who gets public updates by mail. For admins, who export and remove them."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from watchtower.access.status_subscribers import StatusSubscribers, id_of
from watchtower.api import views
from watchtower.api.auth import Access
from watchtower.api.paging import cut, part_of
from watchtower.api.parameters import changed_by
from watchtower.api.responses import ApiError, JsonAnswer
from watchtower.model import AccessRole


async def subscribers(request: Request) -> Response:
    access: Access = request.app.state.access
    access.may_read(request, AccessRole.ADMIN)
    # Not the address itself in the cursor, because addresses of requests are logged.
    some, following = cut(
        list(_known(request).known.values()), part_of(request), lambda one: id_of(one.address)
    )
    return JsonAnswer({
        "subscribers": [
            {"address": one.address, "language": one.language, "confirmed_at": views.instant(one.confirmed_at)} for one in some
        ],
        "next": following,
    })  # fmt: skip


async def remove(request: Request) -> Response:
    """`{"by": "li", "address": "customer@example.com"}`: in the body, because paths are logged."""
    _, body, _ = await changed_by(request, AccessRole.ADMIN)
    if not await _known(request).remove(id_of(str(body.get("address", "")).strip())):
        raise ApiError(404, "nobody subscribed with this address", "see /api/v1/status/subscribers")
    return JsonAnswer({"removed": True})


def _known(request: Request) -> StatusSubscribers:
    access: Access = request.app.state.access
    if access.subscribers is None:
        raise ApiError(503, "there are no subscribers here", "ask the daemon that leads")
    return access.subscribers
