"""`/api/v1/checks/NAME/explanation`: the expectation of a series now, and when it would page."""

from __future__ import annotations

import difflib

from starlette.requests import Request
from starlette.responses import Response

from watchtower.api import views
from watchtower.api.parameters import read_by
from watchtower.api.responses import ApiError, JsonAnswer


async def explanation(request: Request) -> Response:
    """200; 404 without such a check or series."""
    daemon = read_by(request)
    name, series = request.path_params["name"], request.query_params.get("series", "")
    try:
        found = daemon.explain(name, series)
    except KeyError:
        close = difflib.get_close_matches(name, daemon.status().plan.checks, n=1)
        hint = f'did you mean "{close[0]}"?' if close else "see /api/v1/checks"
        raise ApiError(404, f'there is no check "{name[:100]}"', hint) from None
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
