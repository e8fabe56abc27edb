"""What a request to the API gives: who asks, of which incident, how many. What is not right is Refused."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request

from watchtower.api.contract import IncidentDetail, RunningDaemon
from watchtower.api.names import named
from watchtower.api.responses import ApiError
from watchtower.core.parse_time import parse_instant
from watchtower.model import AccessRole, Instant
from watchtower.outside_text import clean_json


def read_by(request: Request) -> RunningDaemon:
    """The daemon, for whoever may read."""
    request.app.state.access.may_read(request)
    daemon: RunningDaemon = request.app.state.daemon
    return daemon


async def changed_by(
    request: Request, role: AccessRole = AccessRole.RESPOND
) -> tuple[RunningDaemon, dict[str, Any], str]:
    """The daemon, for whoever may change something; the body; and who it is."""
    request.app.state.access.may_change(request, role)
    body = await body_of(request)
    by = named(request, body.get("by") if isinstance(body, dict) else None)
    return request.app.state.daemon, body, by


async def body_of(request: Request) -> Any:
    """The JSON of the body, its texts cleaned. `NaN` is no JSON."""
    try:
        return clean_json(json.loads(await request.body(), parse_constant=_no_constant))
    except (ValueError, RecursionError):
        raise ApiError(400, "the body is not JSON", "send a JSON object as application/json") from None


def _no_constant(name: str) -> None:
    raise ValueError(name)


async def incident_of(request: Request, daemon: RunningDaemon) -> IncidentDetail:
    """The incident that the path names."""
    id = request.path_params["id"]
    detail = await daemon.incident(id)
    if detail is None:
        raise ApiError(404, f"there is no incident {id[:50]}", "see /api/v1/incidents")
    return detail


def time_in(wrong: list[str], name: str, given: Any, *when: Any) -> Instant:
    """What a body gives for this name, as a time. `when`: what it is relative to, and on whose clocks it is. Where it cannot
    be read, `wrong` gets why, and the time is 0."""
    try:
        return parse_instant(given, *when)
    except ValueError as error:
        wrong.append(f'"{name}": {error}')
        return 0.0


def moment_of(request: Request, name: str, default: Instant) -> Instant:
    """A moment in UTC seconds."""
    given = request.query_params.get(name)
    try:
        return parse_instant(given) if given else default
    except ValueError as error:
        raise ApiError(422, f'"{name}" is not usable', str(error)) from None


def number_of(request: Request, name: str, default: int, most: int) -> int:
    """A whole number from 1 to `most`."""
    given = request.query_params.get(name, str(default))
    if not (given.isascii() and given.isdigit() and len(given) < 9 and 1 <= int(given) <= most):
        raise ApiError(422, f'"{name}" is not usable', f"a whole number from 1 to {most}")
    return int(given)
