"""The page of a month's report."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from watchtower.api.parameters import read_by
from watchtower.api.review import month_aside
from watchtower.report import rows
from watchtower.report.month import MonthReport
from watchtower.report.page import charts_of
from watchtower.web.locale import visitor
from watchtower.web.pages import page


async def show(request: Request) -> Response:
    """`?month=2026-11`, `?zone=Asia/Shanghai`."""
    who, status = visitor(request), read_by(request).status()

    def whole(made: MonthReport) -> Response:
        return page(
            who,
            "report.html",
            rows.heading(made, who.language),
            product=status.plan.product,
            made=made,
            rows=rows,
            charts=charts_of(made, who.language),
            links=who.root,
        )

    return await month_aside(request, status.at, whole)
