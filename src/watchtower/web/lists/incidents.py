"""The page of incidents: search, filters and history; open ones as they stand."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from watchtower.api.aside import Aside, standing
from watchtower.api.contract import RunningDaemon, Status
from watchtower.core.reviews.record import Record
from watchtower.core.reviews.similar import found_in
from watchtower.model import Severity
from watchtower.texts import counted
from watchtower.texts.phrases import Phrase, Span, When
from watchtower.web.lists import texts
from watchtower.web.lists.listing import Form, ListInput, ListRow, ListTable, Part, listing
from watchtower.web.locale import Visitor, visitor

DAY = 86400.0
ON_A_PAGE = 50


async def show(request: Request) -> Response:
    """`?q=words&flow=&severity=&state=open|over&days=30&page=1`."""
    request.app.state.access.may_read(request)
    who, daemon = visitor(request), request.app.state.daemon
    asked = {name: request.query_params.get(name, "")[:200] for name in ("q", "flow", "severity", "state")}
    days = request.query_params.get("days", "30")
    asked["days"] = days if days in texts.PERIODS else "30"
    number = request.query_params.get("page", "1")
    found = await _found(request, daemon, asked)

    def whole() -> Response:
        fits = [record for record in found if _fits(record, asked)]
        return listing(who, status, texts.INCIDENTS, _parts(who, status, asked, fits, number))

    status = standing(daemon)
    queue: Aside = request.app.state.aside[0]
    async with queue.turn():
        return await queue.work(whole)


async def _found(request: Request, daemon: RunningDaemon, asked: dict[str, str]) -> Sequence[Record]:
    at = daemon.status().at
    queue: Aside = request.app.state.aside[0]
    async with queue.turn():
        return await daemon.records(at - float(asked["days"]) * DAY, at + DAY)


def _fits(record: Record, asked: dict[str, str]) -> bool:
    flow, severity, state = asked["flow"], asked["severity"], asked["state"]
    return (
        (not flow or flow in record.flows)
        and (not severity or record.record == severity)
        and (not state or (record.resolved_at is None) == (state == "open"))
        and found_in(record, asked["q"].split())
    )


def _parts(
    who: Visitor, status: Status, asked: dict[str, str], found: Sequence[Record], number: str
) -> list[Part]:
    last = max(1, ceil(len(found) / ON_A_PAGE))
    now = min(last, int(number)) if number.isascii() and number.isdigit() and int(number) else 1
    links = [
        (texts.DECLARE, who.here("/declare")),
        (texts.ITEMS_CSV, f"{who.root}/api/v1/action-items?format=csv"),
    ]
    for words, to in ((texts.NEWER, now - 1), (texts.OLDER, now + 1)):
        if 1 <= to <= last:
            tongue = {"lang": str(who.language)} if who.chosen else {}
            query = urlencode({**{k: v for k, v in asked.items() if v}, "page": to, **tongue})
            links.append((words, f"{who.root}/incidents?{query}"))
    some = found[(now - 1) * ON_A_PAGE : now * ON_A_PAGE]
    flows: list[tuple[str, Phrase]] = [("", texts.ANY)]
    flows += [(flow.name, flow.title) for flow in status.plan.flows.values()]
    search = Form(
        "/incidents",
        texts.FIND,
        (
            ListInput("q", texts.WORDS, "search", value=asked["q"]),
            ListInput("flow", texts.FLOW, options=flows, value=asked["flow"]),
            ListInput(
                "severity", texts.SEVERITY, options=[("", texts.ANY), *((s, s) for s in Severity)], value=asked["severity"]
            ),
            ListInput("state", texts.STATE, options=[("", texts.ANY), *texts.STATES.items()], value=asked["state"]),
            ListInput("days", texts.PERIOD, options=list(texts.PERIODS.items()), value=asked["days"]),
        ),
        acts=False,
    )  # fmt: skip
    columns = (texts.INCIDENT, texts.SEVERITY, texts.TITLE, texts.BEGAN, texts.LASTED, texts.CAUSE)
    title = counted.INCIDENTS.of(len(found))
    return [search, ListTable(title, columns, [_row(one) for one in some], texts.NONE_FOUND, links)]


def _row(it: Record) -> ListRow:
    lasted: Phrase = texts.STILL if it.resolved_at is None else Span(max(0.0, it.resolved_at - it.onset))
    cells = (it.incident, str(it.record), it.title, When(it.onset), lasted, it.cause)
    return ListRow(cells, f"/incidents/{it.incident}", str(it.record))
