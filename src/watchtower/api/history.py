"""`/api/v1/checks/NAME/history`: what a series measured over a span."""

from __future__ import annotations

import difflib

from starlette.requests import Request
from starlette.responses import Response

from watchtower.api import views
from watchtower.api.aside import aside
from watchtower.api.contract import CheckHistory, RunningDaemon
from watchtower.api.parameters import number_of, read_by
from watchtower.api.responses import ApiError, JsonAnswer
from watchtower.core.parse_time import parse_instant
from watchtower.errors import StoreError
from watchtower.fields import parse_duration
from watchtower.model import Instant

POINTS, MOST = 720, 10_000
"""Points of a curve where nothing else is asked for, and at most."""
LONGEST = 5 * 366 * 86400.0


async def history(request: Request) -> Response:
    """200; 404 for a check that neither the plan nor the history knows; 422 for a span that is none."""
    daemon = read_by(request)
    name, series = request.path_params["name"], request.query_params.get("series", "")
    now = daemon.status().at
    found = await read(
        daemon, name, series, *span_of(request, now), number_of(request, "points", POINTS, MOST)
    )
    check = daemon.status().plan.checks.get(name)
    return await aside(request, lambda: JsonAnswer(views.history(found, check)))


def span_of(request: Request, now: Instant, default: str = "24h") -> tuple[Instant, Instant]:
    """From when until when: `from` and `to`, or the `span` until now."""
    asked = request.query_params
    try:
        until = parse_instant(asked["to"]) if asked.get("to") else now
        since = (
            parse_instant(asked["from"])
            if asked.get("from")
            else until - parse_duration(asked.get("span") or default)
        )
    except (ValueError, OverflowError) as error:
        raise ApiError(
            422, str(error)[:200], '"span" is a duration such as 6h; "from" and "to" are moments'
        ) from None
    if not 0.0 <= since < until < now + LONGEST or until - since > LONGEST:
        raise ApiError(422, 'the span is not usable: "from" lies before "to", and at most five years')
    return since, until


async def read(
    daemon: RunningDaemon, name: str, series: str, since: Instant, until: Instant, points: int
) -> CheckHistory:
    """The curves of a series. Raises ApiError."""
    try:
        found = await daemon.history(name, series, since, until, points)
    except StoreError as error:
        raise ApiError(
            503, f"the history cannot be read: {why(str(error))}", "checks and pages go on"
        ) from None
    if not found.curves and name not in daemon.status().plan.checks:
        raise no_check(daemon, name)
    return found


def why(problem: str) -> str:
    """What is wrong with the history, without the path that it lies at."""
    return problem.partition(": ")[2] or problem


def no_check(daemon: RunningDaemon, name: str) -> ApiError:
    close = difflib.get_close_matches(name, daemon.status().plan.checks, n=1)
    hint = f'did you mean "{close[0]}"?' if close else "see /api/v1/checks"
    return ApiError(404, f'there is no check "{name[:100]}"', hint)
