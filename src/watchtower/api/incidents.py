"""`/api/v1`: incidents, checks and alerts for programs; acknowledge and resolve."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from watchtower.api import views
from watchtower.api.aside import aside, standing
from watchtower.api.contract import IncidentDetail, RunningDaemon
from watchtower.api.names import via
from watchtower.api.paging import MOST, Part, cursor, cut, part_of
from watchtower.api.parameters import changed_by, incident_of, moment_of, read_by
from watchtower.api.responses import ApiError, JsonAnswer
from watchtower.core.incident.incidents import Incident
from watchtower.model import AlertState, Instant, Severity
from watchtower.store.contract import FOREVER

BATCHES = 10
"""Thousands of incidents that one request looks through; then it says where to go on."""
_YES, _NO = ("true", "1", "yes", ""), ("false", "0", "no")


async def incidents(request: Request) -> Response:
    """`?open=true&flow=&severity=&from=&to=`: of those that opened in this time, the newest first."""
    daemon, part, asked = read_by(request), part_of(request), request.query_params
    flow, severity, open_only = (
        asked.get("flow", ""),
        asked.get("severity", "").upper(),
        _flag(request, "open"),
    )
    since, until = moment_of(request, "from", 0.0), moment_of(request, "to", FOREVER)
    if severity and severity not in Severity.__members__:
        raise ApiError(422, '"severity" is not usable', "P0, P1, P2, P3 or P4")
    found, before, more = list[Incident](), _place(part) or (until, 0), True
    batch = MOST if flow or severity else part.limit + 1
    for _ in range(BATCHES):
        if not more or len(found) == part.limit:
            break
        some = await daemon.incidents(open_only=open_only, limit=batch, before=before)
        more = len(some) == batch
        for one in some:
            if one.opened_at < since:
                more = False
                break
            if len(found) == part.limit:
                more = True
                break
            before = one.opened_at, int(one.id.rpartition("-")[2])
            if (not flow or one.flow == flow) and (not severity or one.severity == severity):
                found.append(one)
    then = cursor(f"{before[0]!r} {before[1]}") if more else None
    return await aside(
        request, lambda: JsonAnswer({"incidents": [views.incident(each) for each in found], "next": then})
    )


def _place(part: Part) -> tuple[Instant, int] | None:
    """The incident after which the part begins."""
    opened_at, _, number = part.after.partition(" ")
    try:
        return (float(opened_at), int(number)) if part.after else None
    except ValueError:
        raise part.refused() from None


async def incident(request: Request) -> Response:
    daemon = read_by(request)
    found = await incident_of(request, daemon)
    return await aside(request, lambda: JsonAnswer(views.detail(found)))


async def checks(request: Request) -> Response:
    """`?flow=`: those of this flow."""
    status, flow = standing(read_by(request)), request.query_params.get("flow", "")
    every = [one for one in status.plan.checks.values() if flow in ("", one.flow, *one.flows.values())]
    found, then = cut(every, part_of(request), lambda one: one.name)
    return await aside(request, lambda: JsonAnswer({"checks": views.checks(status, found), "next": then}))


async def alerts(request: Request) -> Response:
    every = sorted(read_by(request).status().alerts, key=lambda one: one.fingerprint)
    found, then = cut(every, part_of(request), lambda one: one.fingerprint)
    return await aside(
        request, lambda: JsonAnswer({"alerts": [views.alert(each) for each in found], "next": then})
    )


async def acknowledge(request: Request) -> Response:
    """200 when the person has acknowledged it, now or before, and in a drill; 409 when somebody else has, or
    it is over."""
    daemon, number, by = await _changer(request)
    changed = await daemon.acknowledge(number, by, via(request, "api"))
    after = (await incident_of(request, daemon)).incident
    if not after.open and not changed:
        raise ApiError(409, f"{number} is resolved: there is nothing to acknowledge", kind="over")
    if not changed and by not in after.acknowledged_by.split(", "):
        raise ApiError(
            409,
            f"{number} is acknowledged by {after.acknowledged_by} already",
            kind="acknowledged",
            incident=views.incident(after),
        )
    return JsonAnswer({"changed": changed, "written": daemon.written(), "incident": views.incident(after)})


async def resolve(request: Request) -> Response:
    """200 when it is resolved, now or before; 409 while an alert of it fires."""
    daemon, number, by = await _changer(request)
    changed = await daemon.resolve(number, by, via(request, "api"))
    after = await incident_of(request, daemon)
    if not changed and after.incident.open:
        raise _still_firing(after)
    return JsonAnswer(
        {"changed": changed, "written": daemon.written(), "incident": views.incident(after.incident)}
    )


def _still_firing(detail: IncidentDetail) -> ApiError:
    rules = sorted({a.rule for a in detail.alerts if a.state is AlertState.FIRING})
    return ApiError(
        409,
        f"{detail.incident.id} cannot be resolved by hand while its alerts fire: {', '.join(rules) or 'unknown'}",
        "it resolves by itself when they stop",
        kind="firing",
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
