"""The page on which people declare an incident, and what its form does."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from watchtower.api.aside import aside, standing
from watchtower.api.declare import declared
from watchtower.api.names import via
from watchtower.api.parameters import read_by
from watchtower.api.responses import ApiError
from watchtower.texts.phrases import Phrase
from watchtower.web.lists import texts
from watchtower.web.lists.listing import Form, ListInput, ListNotes, Part, acting, back, listing
from watchtower.web.locale import visitor

_NUMBERS = {"affected_users": texts.USERS, "complaints": texts.COMPLAINTS}


async def show(request: Request) -> Response:
    """The form. `?flow=checkout` fills it in."""
    who, status = visitor(request), standing(read_by(request))
    flows: list[tuple[str, Phrase]] = [("", texts.NO_FLOW)]
    flows += [(flow.name, flow.title) for flow in status.plan.flows.values()]
    form = Form(
        "/declare",
        texts.DECLARE_IT,
        (
            ListInput("text", texts.WHAT_USERS_NOTICE, "textarea", required=True, longest=2000),
            ListInput("flow", texts.FLOW, options=flows, value=request.query_params.get("flow", "")),
            ListInput("severity", texts.SEVERITY, options=list(texts.LEVELS.items()), value="P2"),
            *(ListInput(name, label, "number") for name, label in _NUMBERS.items()),
            ListInput("since", texts.SINCE, options=list(texts.SINCES.items())),
        ),
    )
    parts: list[Part] = [ListNotes(texts.NO_TITLE, [texts.DECLARE_HINT]), form]
    return await aside(request, lambda: listing(who, status, texts.DECLARE, parts))


async def send(request: Request) -> Response:
    """Opens the incident and leads to it."""
    fields, by, daemon = await acting(request)
    status = daemon.status()
    numbers = {name: fields[name] for name in _NUMBERS if fields.get(name)}
    body: dict[str, object] = {name: fields.get(name, "") for name in ("text", "flow", "severity")}
    if not body["severity"]:
        body |= {"indicators": numbers}
    ago = fields.get("since", "0")
    if ago in texts.SINCES and int(ago):
        body |= {"since": status.at - int(ago)}
    id, why = await daemon.declare(declared(body, by, via(request, "board"), status.plan))
    if why:
        raise ApiError(422, why)
    if body["severity"]:
        for name, value in numbers.items():
            await daemon.do(id, "indicator", by, via(request, "board"), {"indicator": name, "value": value})
    return back(request, f"/incidents/{id}")
