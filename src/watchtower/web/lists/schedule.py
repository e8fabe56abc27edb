"""The page of on-call schedules: who is on call, the coming shifts, and forms by which somebody stands in."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from watchtower.api.aside import aside, standing
from watchtower.api.contract import Status
from watchtower.api.overrides import asked
from watchtower.api.parameters import read_by
from watchtower.api.responses import ApiError
from watchtower.core.oncall.schedule import Schedule, current, shifts
from watchtower.texts.phrases import Fill, Phrase, When
from watchtower.web.lists import texts
from watchtower.web.lists.listing import (
    Form,
    ListInput,
    ListNotes,
    ListRow,
    ListTable,
    Part,
    acting,
    back,
    listing,
)
from watchtower.web.locale import Visitor, visitor

DAY = 86400.0
AHEAD = 14 * DAY
SHOWN = 40
"""Shifts of one schedule."""


async def show(request: Request) -> Response:
    who, status = visitor(request), standing(read_by(request))
    return await aside(request, lambda: render(who, status))


def render(who: Visitor, status: Status) -> Response:
    """Returns the whole page: a table a schedule, of two weeks."""
    schedules = status.plan.people.schedules
    parts: list[Part] = [_shifts(status, one) for one in schedules.values()]
    if not schedules:
        parts.append(ListNotes(texts.NO_TITLE, [texts.NO_SCHEDULE]))
        return listing(who, status, texts.SCHEDULES, parts)
    people: list[tuple[str, Phrase]] = [(name, name) for name in status.plan.responders]
    inputs = (
        ListInput("schedule", texts.SCHEDULES, options=[(name, name) for name in schedules]),
        ListInput("who", texts.WHO, options=people),
        ListInput("starts_at", texts.FROM_WHEN, "datetime-local"),
        ListInput("ends_at", texts.STANDS_IN_FOR, options=list(texts.LASTS.items()), value="8h"),
        ListInput("reason", texts.WHY),
    )
    parts.append(Form("/schedule", texts.STAND_IN, inputs, texts.OVERRIDE))
    mine = [one for one in status.overrides if one.ends_at > status.at]
    columns = (texts.NUMBER, texts.SCHEDULES, texts.WHO, texts.FROM, texts.UNTIL, texts.BY, texts.WHY)
    rows = [
        ListRow((one.id, one.schedule, one.who, When(one.begins_at), When(one.ends_at), one.by, one.reason)) for one in mine
    ]  # fmt: skip
    parts.append(ListTable(texts.OVERRIDES, columns, rows, texts.NO_OVERRIDES))
    if mine:
        pick = (
            ListInput("override", texts.NUMBER, options=[(one.id, f"{one.id} {one.who}") for one in mine]),
        )
        parts.append(Form("/schedule/end", texts.END_OVERRIDE, pick, texts.END_OVERRIDE, folded=True))
    return listing(who, status, texts.SCHEDULES, parts)


def _shifts(status: Status, schedule: Schedule) -> ListTable:
    found = shifts(schedule, current(schedule, status.at).begin, status.at + AHEAD)[:SHOWN]
    rows = [
        ListRow(
            (one.who or texts.GAP, When(one.begin), When(one.end), texts.WHYS.get(one.why, one.why) if one.who else ""),
            tone="" if one.who else "bad",
        )
        for one in found
    ]  # fmt: skip
    return ListTable(
        Fill(texts.OF_SCHEDULE, (schedule.name, str(schedule.zone))),
        (texts.WHO, texts.FROM, texts.UNTIL, texts.WHY), rows, texts.NOBODY,
    )  # fmt: skip


async def override(request: Request) -> Response:
    """Puts somebody on call."""
    fields, by, daemon = await acting(request)
    _, why = await daemon.override(asked(fields, by, daemon.status()))
    if why:
        raise ApiError(422, why)
    return back(request, "/schedule")


async def end(request: Request) -> Response:
    """Takes an override back."""
    fields, by, daemon = await acting(request)
    if why := await daemon.end_override(fields.get("override", ""), by):
        raise ApiError(404, why[:200])
    return back(request, "/schedule")
