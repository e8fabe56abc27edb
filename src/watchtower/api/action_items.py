"""`/api/v1/action-items`: what reviews ask to be done, for the tools in which it is tracked."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from watchtower.api import views
from watchtower.api.aside import Aside
from watchtower.api.parameters import read_by
from watchtower.api.responses import ApiError, JsonAnswer, TextAnswer
from watchtower.core.reviews.record import Record

DAY = 86400.0
SINCE = 400 * DAY
COLUMNS = ("incident", "severity", "id", "text", "type", "owner", "due", "acceptance", "state")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""With these a spreadsheet begins to compute what somebody wrote."""


async def action_items(request: Request) -> Response:
    """`?state=open|all`, `?format=json|csv`: those that are due first at first."""
    daemon, asked = read_by(request), request.query_params
    state, form = asked.get("state", "open"), asked.get("format", "json")
    if state not in ("open", "all") or form not in ("json", "csv"):
        raise ApiError(422, '"state" is open or all, "format" is json or csv')
    at = daemon.status().at
    queue: Aside = request.app.state.aside[0]
    async with queue.turn():
        records = await daemon.records(at - SINCE, at + DAY)
        return await queue.work(lambda: _answer(records, state == "open", form == "csv"))


def _answer(records: Sequence[Record], open_only: bool, as_csv: bool) -> Response:
    found = [
        views.action_item(record.incident, record.record, item)
        for record in records
        for item in record.actions
        if item.open or not open_only
    ]
    found.sort(key=lambda one: one["due"] or "9")
    if not as_csv:
        return JsonAnswer({"action_items": found})
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerows([_cell(one[name]) for name in COLUMNS] for one in found)
    answer = TextAnswer(out.getvalue(), media_type="text/csv")
    answer.headers["Content-Disposition"] = 'attachment; filename="action-items.csv"'
    return answer


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
