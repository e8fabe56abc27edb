"""`POST /callbacks/CHANNEL/SECRET`: a vendor reports what became of messages that it took, or brings what
people press and reply."""

from __future__ import annotations

import hmac

from starlette.requests import Request
from starlette.responses import Response

from watchtower.api.auth import Access
from watchtower.api.contract import RunningDaemon
from watchtower.api.responses import ApiError
from watchtower.channels.contract import CallbackRefused, CallbackRequest
from watchtower.core.notify.channel_choice import kind_of
from watchtower.logs import log


async def called_back(request: Request) -> Response:
    """The vendor's own answer, once everything is recorded; 404 for a wrong secret, 403 for what is not the vendor's."""
    daemon: RunningDaemon = request.app.state.daemon
    access: Access = request.app.state.access
    channel, secret = request.path_params["channel"], request.path_params["secret"]
    settings = daemon.status().plan.channels.get(channel)
    known = getattr(settings, "callback_secret", None)
    right = known.get_secret_value() if known else ""
    if not right or not hmac.compare_digest(right.encode(), secret.encode()):
        access.attempts.wrong(request)
        raise ApiError(
            404, "there is no such address", "BASE_URL/callbacks/CHANNEL/SECRET: see docs/delivery.md"
        )
    more, query = request.path_params.get("more", ""), request.url.query
    tail = f"/{more}" * bool(more) + f"?{query}" * bool(query)
    asked = CallbackRequest(
        url=f"{daemon.callback_url(channel)}{tail}", more=more, query=tuple(request.query_params.multi_items()),
        headers={name.lower(): value for name, value in request.headers.items()}, body=await request.body(),
    )  # fmt: skip
    try:
        answer = await daemon.called_back(channel, asked)
    except CallbackRefused as error:
        log.warning("callback_refused", channel=channel, error=str(error))
        raise ApiError(403, "not a report of this vendor") from None
    body = answer.body
    if answer.press is not None:
        body = answer.say(await daemon.pressed(kind_of(channel), answer.press))
    return Response(body, headers=dict(answer.headers))
