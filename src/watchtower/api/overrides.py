"""`/api/v1/overrides`: who stands in, in an on-call schedule, by people's word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from watchtower.api import views
from watchtower.api.contract import Status
from watchtower.api.parameters import changed_by, read_by, time_in
from watchtower.api.responses import ApiError, JsonAnswer
from watchtower.core.people.overrides import OnCallOverride

LONGEST = 300


async def overrides(request: Request) -> Response:
    """Those that are not over; those of rules.toml are in its schedule."""
    status = read_by(request).status()
    return JsonAnswer({"overrides": [override(one) for one in status.overrides if one.ends_at > status.at]})


async def create(request: Request) -> Response:
    """200 with its id; 422 with everything that is wrong."""
    daemon, body, by = await changed_by(request)
    id, why = await daemon.override(asked(body, by, daemon.status()))
    if why:
        raise ApiError(422, why)
    return JsonAnswer({"override": id, "written": daemon.written()})


async def end(request: Request) -> Response:
    """200 when it is taken back; 404 when there is none, or it was over before."""
    daemon, _, by = await changed_by(request)
    id = request.path_params["id"]
    if why := await daemon.end_override(id, by):
        raise ApiError(404, why[:200], "see /api/v1/overrides")
    return JsonAnswer({"ended": id, "written": daemon.written()})


def asked(body: Mapping[str, Any], by: str, status: Status) -> OnCallOverride:
    """What is asked for. Raises ApiError with everything that is wrong; a time without a zone is on the schedule's clocks."""
    texts = {name: body.get(name, "") for name in ("schedule", "who", "reason")}
    wrong = [f'"{name}" is not a text' for name, text in texts.items() if not isinstance(text, str)]
    if wrong:
        raise ApiError(422, "\n".join(wrong))
    schedule = status.plan.people.schedules.get(texts["schedule"])
    clocks = () if schedule is None else (schedule.zone,)
    begin = time_in(wrong, "starts_at", body.get("starts_at") or status.at, status.at, *clocks)
    end = time_in(wrong, "ends_at", body.get("ends_at", ""), begin, *clocks)
    if wrong:
        raise ApiError(422, "\n".join(wrong))
    return OnCallOverride(texts["schedule"], texts["who"], begin, end, by, texts["reason"][:LONGEST])


def override(it: OnCallOverride) -> views.Json:
    return views.picked(it, "id schedule who starts_at=begins_at ends_at by reason")
