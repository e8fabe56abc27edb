"""`/api/v1/actions` and `/api/v1/incidents/ID/do/ACTION`: the actions on incidents."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from watchtower.api.answers import JsonAnswer, Refused
from watchtower.api.contract import Daemon
from watchtower.api.incidents import said_by
from watchtower.core.pipeline.features import ACTIONS


async def actions(request: Request) -> Response:
    """All actions, with their fields."""
    request.app.state.access.may_read(request)
    listed = [
        {
            "name": action.name,
            "help": {"en": action.help.en, "zh": action.help.zh},
            "closed": action.closed,
            "fields": [
                {
                    "name": name,
                    "kind": str(one.kind),
                    "help": {"en": one.help.en, "zh": one.help.zh},
                    "required": one.required,
                    "choices": list(one.choices),
                }
                for name, one in action.fields.items()
            ],
        }
        for action in ACTIONS.values()
    ]
    return JsonAnswer({"actions": listed})


async def do(request: Request) -> Response:
    """200 when it is done; 422 with the reason when the fields are wrong or it is refused."""
    request.app.state.access.may_change(request)
    daemon: Daemon = request.app.state.daemon
    name, number = request.path_params["action"], request.path_params["id"]
    if name not in ACTIONS:
        raise Refused(404, f'there is no action "{name[:50]}"', "see /api/v1/actions")
    body, by = await said_by(request)
    fields = body.get("fields", {})
    if not isinstance(fields, dict):
        raise Refused(422, '"fields" is not an object', 'send {"by": "li", "fields": {"text": "…"}}')
    if await daemon.incident(number) is None:
        raise Refused(404, f"there is no incident {number[:50]}", "see /api/v1/incidents")
    why = await daemon.do(number, name, by, "api", fields)
    if why:
        raise Refused(422, why, ACTIONS[name].help.en)
    return JsonAnswer({"done": True, "incident": number, "action": name})
