"""`/api/v1`: incidents, checks and alerts for programs; acknowledge and resolve."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from watchtower.api import views
from watchtower.api.aside import aside, standing
from watchtower.api.contract import IncidentDetail, RunningDaemon
from watchtower.api.names import via
from watchtower.api.parameters import changed_by, incident_of, number_of, read_by
from watchtower.api.responses import ApiError, JsonAnswer
from watchtower.model import AlertState

LONGEST_LIST = 1000
_YES, _NO = ("true", "1", "yes", ""), ("false", "0", "no")


async def incidents(request: Request) -> Response:
    daemon = read_by(request)
    open_only, limit = _flag(request, "open"), number_of(request, "limit", 100, LONGEST_LIST)
    found = await daemon.incidents(open_only=open_only, limit=limit)
    return await aside(request, lambda: JsonAnswer({"incidents": [views.incident(each) for each in found]}))


async def incident(request: Request) -> Response:
    daemon = read_by(request)
    found = await incident_of(request, daemon)
    return await aside(request, lambda: JsonAnswer(views.detail(found)))


async def checks(request: Request) -> Response:
    status = standing(read_by(request))
    return await aside(request, lambda: JsonAnswer({"checks": views.checks(status)}))


async def alerts(request: Request) -> Response:
    found = read_by(request).status().alerts
    return await aside(request, lambda: JsonAnswer({"alerts": [views.alert(each) for each in found]}))


async def acknowledge(request: Request) -> Response:
    """200 when the person has acknowledged it, now or before, and in a drill; 409 when somebody else has, or
    it is over."""
    daemon, number, by = await _changer(request)
    changed = await daemon.acknowledge(number, by, via(request, "api"))
    after = (await incident_of(request, daemon)).incident
    if not after.open and not changed:
        raise ApiError(409, f"{number} is resolved: there is nothing to acknowledge")
    if not changed and by not in after.acknowledged_by.split(", "):
        raise ApiError(
            409,
            f"{number} is acknowledged by {after.acknowledged_by} already",
            incident=views.incident(after),
        )
    return JsonAnswer({"changed": changed, "incident": views.incident(after)})


async def resolve(request: Request) -> Response:
    """200 when it is resolved, now or before; 409 while an alert of it fires."""
    daemon, number, by = await _changer(request)
    changed = await daemon.resolve(number, by, via(request, "api"))
    after = await incident_of(request, daemon)
    if not changed and after.incident.open:
        raise _still_firing(after)
    return JsonAnswer({"changed": changed, "incident": views.incident(after.incident)})


def _still_firing(detail: IncidentDetail) -> ApiError:
    rules = sorted({a.rule for a in detail.alerts if a.state is AlertState.FIRING})
    return ApiError(
        409,
        f"{detail.incident.id} cannot be resolved by hand while its alerts fire: {', '.join(rules) or 'unknown'}",
        "it resolves by itself when they stop",
        incident=views.incident(detail.incident),
    )


async def _changer(request: Request) -> tuple[RunningDaemon, str, str]:
    """The daemon, the incident and the person; Refused without the token, the incident or a name."""
    daemon, _, by = await changed_by(request)
    return daemon, (await incident_of(request, daemon)).incident.id, by


def _flag(request: Request, name: str) -> bool:
    given = request.query_params.get(name)
    if given is None or given.lower() in _NO:
        return False
    if given.lower() in _YES:
        return True
    raise ApiError(422, f'"{name}" is neither true nor false', f"write ?{name}=true")
