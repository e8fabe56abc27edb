"""The page of changes: what was deployed, configured and begun lately, and a form to report one."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from watchtower.api.aside import aside, standing
from watchtower.api.changes import reported
from watchtower.api.parameters import read_by
from watchtower.api.responses import ApiError
from watchtower.core.changes.change import DAY, ChangeEvent
from watchtower.texts.phrases import Phrase, When
from watchtower.texts.units import CHANGE_KINDS
from watchtower.web.lists import texts
from watchtower.web.lists.listing import Form, ListInput, ListRow, ListTable, Part, acting, back, listing
from watchtower.web.locale import visitor

SHOWN = 200


async def show(request: Request) -> Response:
    """The newest of `?days=7`."""
    daemon = read_by(request)
    who, status = visitor(request), standing(daemon)
    days = request.query_params.get("days", "7")
    days = days if days in texts.PERIODS else "7"
    found = await daemon.changes(status.at - float(days) * DAY, status.at + DAY)
    period = Form(
        "/changes", texts.FIND, (ListInput("days", texts.PERIOD, options=list(texts.PERIODS.items()), value=days),), acts=False
    )  # fmt: skip
    flows: list[tuple[str, Phrase]] = [
        ("", texts.ANY),
        *((one.name, one.title) for one in status.plan.flows.values()),
    ]
    inputs = (
        ListInput("text", texts.CHANGE, required=True),
        ListInput("kind", texts.KIND, options=list(CHANGE_KINDS.items())),
        ListInput("flow", texts.FLOW, options=flows),
        ListInput("link", texts.LINK, "url", longest=1000),
    )
    columns = (texts.BEGAN, texts.KIND, texts.CHANGE, texts.FLOW, texts.BY, texts.LINK)
    rows = [_row(one) for one in reversed(found[-SHOWN:])]
    report = Form("/changes", texts.REPORT_CHANGE, inputs, texts.REPORT_CHANGE, folded=True)
    parts: list[Part] = [period, ListTable(texts.NO_TITLE, columns, rows, texts.NO_CHANGES), report]
    return await aside(request, lambda: listing(who, status, texts.CHANGES, parts))


def _row(it: ChangeEvent) -> ListRow:
    kind = CHANGE_KINDS.get(it.kind, it.kind)
    return ListRow((When(it.begun()), kind, it.text, it.flow or it.service, it.by, it.link))


async def send(request: Request) -> Response:
    """Takes a report."""
    fields, by, daemon = await acting(request)
    body = {name: fields.get(name, "") for name in ("text", "kind", "flow", "link")}
    if why := await daemon.change(reported(body, by, daemon.status())):
        raise ApiError(422, why)
    return back(request, "/changes")
