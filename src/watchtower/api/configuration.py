"""`/api/v1/configuration`: what is in force, and what is wrong with the newest files. Settings of checks are left out: they may
hold secrets."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from watchtower.api import views
from watchtower.api.aside import aside, standing
from watchtower.api.contract import Status
from watchtower.api.parameters import read_by
from watchtower.api.responses import JsonAnswer


async def configuration(request: Request) -> Response:
    status = standing(read_by(request))
    return await aside(request, lambda: JsonAnswer(_shown(status)))


def _shown(status: Status) -> views.Json:
    plan = status.plan
    return {
        "loaded_at": views.instant(status.loaded_at),
        "held": bool(status.held),
        "problems": [views.problem(one) for one in status.problems or status.held],
        "flows": [views.picked(one, "name title", tier=str(one.tier)) for one in plan.flows.values()],
        "rules": [
            views.picked(one, "name when for=for_", severity=None if one.matrix else str(one.severity))
            for one in plan.rules.values()
        ],
    }
