"""`/api/v1`: incidents, checks and alerts for programs; acknowledge and resolve."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from watchtower.api import views
from watchtower.api.answers import JsonAnswer, Refused
from watchtower.api.aside import aside, standing
from watchtower.api.contract import Daemon, IncidentDetail
from watchtower.api.names import named
from watchtower.model import AlertState
from watchtower.outside_text import clean_json

LONGEST_LIST = 1000
_YES, _NO = ("true", "1", "yes", ""), ("false", "0", "no")


async def incidents(request: Request) -> Response:
    daemon = _reader(request)
    open_only, limit = _flag(request, "open"), _limit(request)
    found = await daemon.incidents(open_only=open_only, limit=limit)
    return await aside(request, lambda: JsonAnswer({"incidents": [views.incident(each) for each in found]}))


async def incident(request: Request) -> Response:
    daemon = _reader(request)
    found = await _find(daemon, request.path_params["id"])
    return await aside(request, lambda: JsonAnswer(views.detail(found)))


async def checks(request: Request) -> Response:
    status = standing(_reader(request))
    return await aside(request, lambda: JsonAnswer({"checks": views.checks(status)}))


async def alerts(request: Request) -> Response:
    found = _reader(request).status().alerts
    return await aside(request, lambda: JsonAnswer({"alerts": [views.alert(each) for each in found]}))


async def acknowledge(request: Request) -> Response:
    """200 when the person has acknowledged it, now or before, and in a drill; 409 when somebody else has, or
    it is over."""
    daemon, number, by = await _changer(request)
    changed = await daemon.acknowledge(number, by, "api")
    after = (await _find(daemon, number)).incident
    if not after.open and not changed:
        raise Refused(409, f"{number} is resolved: there is nothing to acknowledge")
    if not changed and by not in after.acknowledged_by.split(", "):
        raise Refused(
            409,
            f"{number} is acknowledged by {after.acknowledged_by} already",
            incident=views.incident(after),
        )
    return JsonAnswer({"changed": changed, "incident": views.incident(after)})


async def resolve(request: Request) -> Response:
    """200 when it is resolved, now or before; 409 while an alert of it fires."""
    daemon, number, by = await _changer(request)
    changed = await daemon.resolve(number, by, "api")
    after = await _find(daemon, number)
    if not changed and after.incident.open:
        raise _still_firing(after)
    return JsonAnswer({"changed": changed, "incident": views.incident(after.incident)})


def _still_firing(detail: IncidentDetail) -> Refused:
    rules = sorted({a.rule for a in detail.alerts if a.state is AlertState.FIRING})
    return Refused(
        409,
        f"{detail.incident.id} cannot be resolved by hand while its alerts fire: {', '.join(rules) or 'unknown'}",
        "it resolves by itself when they stop",
        incident=views.incident(detail.incident),
    )


def _reader(request: Request) -> Daemon:
    request.app.state.access.may_read(request)
    daemon: Daemon = request.app.state.daemon
    return daemon


async def _changer(request: Request) -> tuple[Daemon, str, str]:
    """The daemon, the incident and the person; Refused without the token, the incident or a name."""
    request.app.state.access.may_change(request)
    _, by = await said_by(request)
    daemon: Daemon = request.app.state.daemon
    number = request.path_params["id"]
    await _find(daemon, number)
    return daemon, number, by


async def said_by(request: Request) -> tuple[dict[str, Any], str]:
    """The body, and the name in it; Refused without a name."""
    body = await body_of(request)
    by = named(request, body.get("by") if isinstance(body, dict) else None)
    return body, by


async def _find(daemon: Daemon, id: str) -> IncidentDetail:
    detail = await daemon.incident(id)
    if detail is None:
        raise Refused(404, f"there is no incident {id[:50]}", "see /api/v1/incidents")
    return detail


async def body_of(request: Request) -> Any:
    """The JSON of the body, its texts cleaned; Refused when it is none. `NaN` is no JSON."""
    try:
        return clean_json(json.loads(await request.body(), parse_constant=_no_constant))
    except (ValueError, RecursionError):
        raise Refused(400, "the body is not JSON", "send a JSON object as application/json") from None


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _flag(request: Request, name: str) -> bool:
    given = request.query_params.get(name)
    if given is None or given.lower() in _NO:
        return False
    if given.lower() in _YES:
        return True
    raise Refused(422, f'"{name}" is neither true nor false', f"write ?{name}=true")


def _limit(request: Request) -> int:
    given = request.query_params.get("limit", "100")
    if not (given.isascii() and given.isdigit() and len(given) < 9 and 1 <= int(given) <= LONGEST_LIST):
        raise Refused(422, '"limit" is not usable', f"a whole number from 1 to {LONGEST_LIST}")
    return int(given)
