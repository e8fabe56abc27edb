"""`/api/v1/schedule/NAME.ics` and `.json`: who is on call, for people's calendars and for programs."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from watchtower.api.parameters import number_of, read_by
from watchtower.api.responses import ApiError, JsonAnswer
from watchtower.api.views import instant
from watchtower.core.oncall.schedule import current, shifts
from watchtower.model import Language
from watchtower.report.ical import calendar
from watchtower.report.schedule_picture import as_json

DAY = 86400.0
MOST = 366


async def schedules(request: Request) -> Response:
    """Every on-call schedule, and who is on call now; null: nobody."""
    status = read_by(request).status()
    found = [(one, current(one, status.at)) for one in status.plan.people.schedules.values()]
    return JsonAnswer({"schedules": [
        {"name": one.name, "zone": str(one.zone), "who": now.who or None, "until": instant(now.end)} for one, now in found
    ]})  # fmt: skip


async def schedule(request: Request) -> Response:
    """The current shift and those of the next `days`."""
    status = read_by(request).status()
    name, _, form = request.path_params["file"].rpartition(".")
    found = status.plan.people.schedules.get(name)
    if found is None or form not in ("ics", "json"):
        raise ApiError(404, "there is no such schedule", "/api/v1/schedule/NAME.ics, or .json")
    end = status.at + number_of(request, "days", 90, MOST) * DAY
    if form == "json":
        return JsonAnswer(as_json(status.plan, found, status.at, end))
    product = status.plan.product.in_(Language.EN)
    whole = shifts(found, current(found, status.at).begin, end)
    return Response(calendar(name, product, str(found.zone), whole, status.at), media_type="text/calendar")
