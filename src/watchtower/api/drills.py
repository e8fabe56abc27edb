"""`/api/v1/drills`: start a drill, stop running ones, and list who answered when."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from watchtower.api import views
from watchtower.api.names import via
from watchtower.api.paging import cursor, part_of
from watchtower.api.parameters import changed_by, read_by
from watchtower.api.responses import ApiError, JsonAnswer
from watchtower.fields import parse_duration
from watchtower.model import Severity

_LONGEST = 86400.0


async def drills(request: Request) -> Response:
    """The newest drills, newest first."""
    daemon, part = read_by(request), part_of(request)
    found = await daemon.practice.reports(part.limit + 1, part.after)
    if part.after and not found:
        raise part.refused()
    some = found[: part.limit]
    following = cursor(some[-1].incident) if len(found) > part.limit else None
    return JsonAnswer({"drills": [views.drill(each) for each in some], "next": following})


async def begin(request: Request) -> Response:
    """200 with the drill's incident; 409 while a real incident or another drill is open."""
    daemon, body, by = await changed_by(request)
    name, check = _word(body, "name"), _word(body, "check")
    severity = _word(body, "severity") or "P1"
    if severity not in Severity.__members__:
        raise ApiError(422, f'"{severity[:20]}" is no severity', "P0, P1, P2, P3 or P4")
    incident, why_not = await daemon.practice.begin(
        name, check, severity, _lasts(body), by, via(request, "api")
    )
    if not incident:
        raise ApiError(409, why_not or "the drill has not begun", "see /api/v1/incidents")
    return JsonAnswer({"incident": incident})


async def stop(request: Request) -> Response:
    """200 with the incidents of the stopped drills; none is no error."""
    daemon, _, by = await changed_by(request)
    return JsonAnswer({"stopped": list(await daemon.practice.stop(by, via(request, "api")))})


def _word(body: dict[str, Any], key: str) -> str:
    value = body.get(key, "")
    if not isinstance(value, str) or len(value) > 200:
        raise ApiError(422, f'"{key}" is not a text')
    return value


def _lasts(body: dict[str, Any]) -> float | None:
    given = _word(body, "lasts")
    if not given:
        return None
    try:
        seconds = parse_duration(given)
    except ValueError as error:
        raise ApiError(422, f'"lasts": {error}') from None
    if not 1 <= seconds <= _LONGEST:
        raise ApiError(422, f'"lasts": {given} is not from 1s to 1d')
    return seconds
