"""The page of a month's report."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from watchtower.api.answers import Refused
from watchtower.api.aside import Aside
from watchtower.api.brief import zone_named
from watchtower.api.contract import Daemon
from watchtower.report import rows
from watchtower.report.month import MONTHS, month_of, report, span_of
from watchtower.report.page import charts_of
from watchtower.web.locale import visitor
from watchtower.web.pages import page


async def show(request: Request) -> Response:
    """`?month=2026-11`, `?zone=Asia/Shanghai`."""
    request.app.state.access.may_read(request)
    daemon: Daemon = request.app.state.daemon
    who, status = visitor(request), daemon.status()
    zone = zone_named(request.query_params.get("zone", "UTC"))
    month = request.query_params.get("month") or month_of(status.at, zone)
    try:
        since, until = span_of(month, zone, MONTHS)
    except ValueError as error:
        raise Refused(422, str(error)) from None
    queue: Aside = request.app.state.aside[0]
    async with queue.turn():
        records = await daemon.records(since, until)

        def whole() -> Response:
            made = report(records, month, zone, status.at)
            language = who.language
            return page(
                who,
                "report.html",
                rows.heading(made, language),
                product=status.plan.product,
                made=made,
                rows=rows,
                charts=charts_of(made, language),
                links=who.root,
            )

        return await queue.work(whole)
