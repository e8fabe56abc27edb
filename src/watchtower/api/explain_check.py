"""`/api/v1/checks/NAME/explanation`: the expectation of a series now, and when it would page."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from watchtower.api import views
from watchtower.api.history import no_check
from watchtower.api.parameters import read_by
from watchtower.api.responses import ApiError, JsonAnswer


async def explanation(request: Request) -> Response:
    """200; 404 without such a check or series."""
    daemon = read_by(request)
    name, series = request.path_params["name"], request.query_params.get("series", "")
    try:
        found = await daemon.explain(name, series)
    except KeyError:
        raise no_check(daemon, name) from None
    except ValueError as error:
        what = (
            f'check "{name}" has no series "{series[:100]}"'
            if series
            else f'check "{name}" has several series'
        )
        raise ApiError(
            404, what, f"its series: {error}" if str(error) else "it has one only: leave it out"
        ) from None
    return JsonAnswer(views.explanation(found))
