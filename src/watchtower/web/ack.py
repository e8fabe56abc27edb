"""`/ack/TOKEN`: the link in a page. GET asks, POST acknowledges: mail scanners follow links, but press no buttons."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from watchtower.api.aside import aside, standing
from watchtower.api.contract import IncidentDetail, RunningDaemon, Status
from watchtower.api.responses import ApiError
from watchtower.daily_hours import zone_of
from watchtower.model import IncidentState, Language
from watchtower.texts.phrases import Fill
from watchtower.web import page_texts
from watchtower.web.incident import Done, render
from watchtower.web.locale import Visitor, visitor
from watchtower.web.tokens import Claim, TokenExpired, TokenInvalid, read


async def ask(request: Request) -> Response:
    """Shows the incident and the button. The token alone permits reading this page."""
    claim, who, status, detail = await _opened(request)
    if detail.incident.state is IncidentState.TRIGGERED:
        page = partial(render, who, status, detail, asked="link", responder=claim.responder, refresh=0)
        return await aside(request, page)
    return await aside(request, lambda: render(who, status, detail, done=_stands(detail, claim)))


async def acknowledge(request: Request) -> Response:
    """Acknowledges. A whole team may share a link: the first person acknowledges, the others see who did.

    In a drill, and where the severity wants several people, every acknowledgement counts.
    """
    claim, who, _, before = await _opened(request)
    daemon: RunningDaemon = request.app.state.daemon
    changed = await daemon.acknowledge(claim.incident, claim.responder, "link")
    after = await daemon.incident(claim.incident) or before
    done = _stands(after, claim)
    if changed:
        done = Done("ok", page_texts.THANKS)
    status = standing(daemon)
    return await aside(request, lambda: render(who, status, after, done=done))


async def _opened(request: Request) -> tuple[Claim, Visitor, Status, IncidentDetail]:
    daemon: RunningDaemon = request.app.state.daemon
    status, who = standing(daemon), visitor(request)
    try:
        claim = read(request.app.state.access.ack_key, request.path_params["token"], status.at)
    except TokenExpired:
        raise ApiError(410, who.say(page_texts.LINK_EXPIRED), who.say(page_texts.LINK_INVALID_HINT)) from None
    except TokenInvalid:
        raise ApiError(404, who.say(page_texts.LINK_INVALID), who.say(page_texts.LINK_INVALID_HINT)) from None
    detail = await daemon.incident(claim.incident)
    if detail is None:
        raise ApiError(404, who.say(page_texts.NO_INCIDENT))
    responder = status.plan.responders.get(claim.responder)
    if responder is not None:
        # We know who this is: their own zone, and their own language unless they ask for another.
        language: Language = who.language if who.chosen else responder.language
        who = replace(who, language=language, zone=zone_of(responder.zone))
    return claim, who, status, detail


def _stands(detail: IncidentDetail, claim: Claim) -> Done:
    incident = detail.incident
    if not incident.open:
        return Done("none", page_texts.ALREADY_OVER)
    kind = "ok" if claim.responder in incident.acknowledged_by.split(", ") else "warn"
    return Done(kind, Fill(page_texts.ALREADY_YOURS, (incident.acknowledged_by,)))
