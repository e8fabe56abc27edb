"""`POST /api/v1/incidents`: declares an incident that people saw before any check did."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from watchtower.api import views
from watchtower.api.names import via
from watchtower.api.parameters import changed_by, time_in
from watchtower.api.responses import ApiError, JsonAnswer
from watchtower.core.events import IncidentDeclared
from watchtower.core.expressions import suggest
from watchtower.core.plan import Plan
from watchtower.model import Severity

LONGEST = 2000
"""Characters of what is said."""
MOST = 20
"""Indicators of one declaration."""


async def declare(request: Request) -> Response:
    """200 with the incident; 422 with everything that is wrong, and where one is open about the same, which."""
    daemon, body, by = await changed_by(request)
    id, why = await daemon.declare(declared(body, by, via(request, "api"), daemon.status().plan))
    if why:
        raise ApiError(422, why)
    found = await daemon.incident(id)
    if found is None:
        raise ApiError(503, f"{id} is open, and cannot be read at the moment")
    return JsonAnswer({"incident": views.incident(found.incident), "written": daemon.written()})


def declared(body: Mapping[str, Any], by: str, via: str, plan: Plan) -> IncidentDeclared:
    """What is declared. Raises ApiError with everything that is wrong with it."""
    known = ("by", "text", "flow", "severity", "indicators", "since")
    wrong = [f'"{name}" is not known' for name in body if name not in known]
    text, flow = _text(body, "text", wrong).strip(), _text(body, "flow", wrong)
    severity = _text(body, "severity", wrong).upper()
    if len(text) > LONGEST:
        wrong.append(f'"text" is longer than {LONGEST} characters')
    if severity and severity not in Severity.__members__:
        wrong.append('"severity" is none of P0, P1, P2, P3, P4')
    if flow and flow not in plan.flows:
        wrong.append(f'there is no flow "{flow[:100]}": {suggest(flow, plan.flows)}')
    given = body.get("indicators") or {}
    usable = isinstance(given, Mapping) and len(given) <= MOST
    if not usable or not all(isinstance(one, str | int | float) for one in given.values()):
        wrong.append('"indicators" are no names with values: {"affected_users": "1200"}')
    since = time_in(wrong, "since", body["since"]) if body.get("since") else None
    if wrong:
        raise ApiError(422, "\n".join(wrong))
    values = {name: _said(value) for name, value in given.items()}
    return IncidentDeclared(text, by, via, flow, Severity(severity) if severity else None, values, since)


def _text(body: Mapping[str, Any], name: str, wrong: list[str]) -> str:
    value = body.get(name) or ""
    if isinstance(value, str):
        return value
    wrong.append(f'"{name}" is not a text')
    return ""


def _said(value: str | float | bool) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
