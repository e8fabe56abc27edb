"""`/api/v1/checks/NAME/explanation`: what is expected of a series now, and why it would page."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from watchtower.web import views
from watchtower.web.answers import Refused
from watchtower.web.contract import Daemon


async def explanation(request: Request) -> Response:
    """200; 404 without such a check or series."""
    request.app.state.access.may_read(request)
    daemon: Daemon = request.app.state.daemon
    name, series = request.path_params["name"], request.query_params.get("series", "")
    try:
        found = daemon.explain(name, series)
    except KeyError:
        raise Refused(404, f'there is no check "{name[:100]}"', "see /api/v1/checks") from None
    except ValueError as error:
        what = (
            f'check "{name}" has no series "{series[:100]}"'
            if series
            else f'check "{name}" has several series'
        )
        raise Refused(404, what, f"its series: {error}") from None
    return JSONResponse(views.explanation(found))
