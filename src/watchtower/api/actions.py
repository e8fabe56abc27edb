"""`/api/v1/actions` and `/api/v1/incidents/ID/do/ACTION`: the actions on incidents."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from watchtower.api import views
from watchtower.api.names import via
from watchtower.api.parameters import changed_by, incident_of, read_by
from watchtower.api.responses import ApiError, JsonAnswer
from watchtower.core.pipeline.features import ACTIONS


async def actions(request: Request) -> Response:
    """All actions, with their fields."""
    read_by(request)
    listed = [
        {
            "name": action.name,
            "help": views.text(action.help),
            "closed": action.closed,
            "fields": [
                {"name": name, **views.picked(one, "kind help required choices")}
                for name, one in action.fields.items()
            ],
        }
        for action in ACTIONS.values()
    ]
    return JsonAnswer({"actions": listed})


async def do(request: Request) -> Response:
    """200 when it is done; 422 with the reason when the fields are wrong or it is refused."""
    daemon, body, by = await changed_by(request)
    name = request.path_params["action"]
    if name not in ACTIONS:
        raise ApiError(404, f'there is no action "{name[:50]}"', "see /api/v1/actions")
    fields = body.get("fields", {})
    if not isinstance(fields, dict):
        raise ApiError(422, '"fields" is not an object', 'send {"by": "li", "fields": {"text": "…"}}')
    number = (await incident_of(request, daemon)).incident.id
    why = await daemon.do(number, name, by, via(request, "api"), fields)
    if why:
        raise ApiError(422, why, ACTIONS[name].help.en)
    return JsonAnswer({"done": True, "incident": number, "action": name, "written": daemon.written()})
