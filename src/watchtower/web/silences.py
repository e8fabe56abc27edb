"""The page of silences and maintenance windows: what holds pages back now and later, and forms to begin and end a silence."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from watchtower.api.aside import aside, standing
from watchtower.api.contract import RunningDaemon, Status
from watchtower.api.names import named
from watchtower.api.parameters import read_by
from watchtower.api.responses import ApiError
from watchtower.api.silences import asked, firing, silence, window
from watchtower.core.plan.maintenance import Maintenance
from watchtower.core.silences.silence import AlertSilence
from watchtower.daily_hours import zone_of
from watchtower.values import replace
from watchtower.web import page_texts
from watchtower.web.action_forms import form
from watchtower.web.locale import Piece, Visitor, visitor
from watchtower.web.pages import page


async def show(request: Request) -> Response:
    who, status = visitor(request), standing(read_by(request))
    return await aside(request, lambda: render(who, status))


def render(who: Visitor, status: Status) -> Response:
    """Returns the whole page. A silence is offered for a flow, a check, or what matchers say."""
    plan, fire = status.plan, firing(status)
    flows = [(f'flow="{flow.name}"', flow.title) for flow in plan.flows.values()]
    zones = dict.fromkeys([*(one.zone for one in plan.responders.values()), "UTC"])
    return page(
        who,
        "silences.html",
        who.say(page_texts.SILENCES_TITLE),
        product=plan.product,
        at=status.at,
        silences=[(silence(status, one, fire), _when(who, status, one), one) for one in status.silences],
        windows=[(window(status, one), _when(who, status, one), one) for one in plan.maintenance],
        subjects=[
            *flows,
            *((f'check="{check.name}"', check.title or check.name) for check in plan.checks.values()),
        ],
        zones=list(zones),
    )


def _when(who: Visitor, status: Status, it: AlertSilence | Maintenance) -> list[Piece]:
    """Its current or next time; of what recurs on the clocks of its own zone, which the rule is about."""
    span = it.at(status.at) or it.next(status.at)
    if span is None:
        return []
    there = replace(who, zone=zone_of(it.zone)) if it.rrule else who
    pieces = [there.moment(one, status.at) for one in span]
    return [one._replace(time="moment") for one in pieces] if it.rrule else pieces


async def begin(request: Request) -> Response:
    """Begins a silence: once, or by a rule."""
    fields, by, daemon = await _allowed(request)
    matchers = [
        line.strip() for line in (fields.get("subject", ""), *fields.get("matchers", "").splitlines())
    ]
    body = {"matchers": [line for line in matchers if line], "ends_at": fields.get("for", "1h")}
    body |= {name: fields[name] for name in ("reason", "rrule", "zone") if fields.get(name)}
    body |= {"starts_at": fields["from"]} if fields.get("from") else {}
    _, why = await daemon.silence(asked(body, by, daemon.status().at))
    if why:
        raise ApiError(422, why)
    return RedirectResponse(visitor(request).here("/silences"), 303)


async def end(request: Request) -> Response:
    """Ends a silence."""
    _, by, daemon = await _allowed(request)
    if why := await daemon.expire_silence(request.path_params["id"], by):
        raise ApiError(404, why[:200])
    return RedirectResponse(visitor(request).here("/silences"), 303)


async def _allowed(request: Request) -> tuple[Mapping[str, str], str, RunningDaemon]:
    fields = await form(request)
    request.app.state.access.may_act(request, fields)
    return fields, named(request, fields.get("by")), request.app.state.daemon
