"""`/api/v1/incidents/{id}/explanation`: why the incident has its severity, cell by cell and change by change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from watchtower.api import views
from watchtower.api.aside import aside
from watchtower.api.brief import asked
from watchtower.api.contract import IncidentDetail
from watchtower.api.responses import JsonAnswer
from watchtower.brief.explain_severity import Account, Called, MatrixRow, account
from watchtower.brief.next_severity import Ahead
from watchtower.core.incident.history import project
from watchtower.core.plan import Plan
from watchtower.core.severity.cells import Cell
from watchtower.core.severity.history import SeverityStep
from watchtower.core.severity.indicator_texts import value
from watchtower.model import Instant

Json = dict[str, Any]


async def explanation(request: Request) -> Response:
    """200; 404 without such an incident."""
    status, detail, _ = await asked(request)
    return await aside(request, lambda: JsonAnswer(account_json(account_of(status.plan, detail, status.at))))


def account_of(plan: Plan, detail: IncidentDetail, at: Instant) -> Account:
    log = detail.timeline
    history = detail.history if detail.history is not None else project(log)
    return account(plan, detail.incident, history, detail.alerts, log, at)


def account_json(it: Account) -> Json:
    incident, levels, judged = it.incident, it.levels, it.result
    last = levels.changes[-1] if levels.changes else None
    return {
        "at": views.instant(it.at),
        "as_of": views.instant(it.as_of),
        **views.picked(incident, "incident=id title state opened_at resolved_at drill"),
        "matrix": it.graded,
        "response": incident.severity,
        "record": incident.record,
        "computed": judged.level,
        "why": views.text(judged.sentence),
        "response_why": None if last is None else views.text(last.sentence),
        "record_why": None if it.worst is None else views.text(it.worst.sentence),
        "proposed": None
        if levels.proposed is None or not incident.open
        else views.picked(levels.proposed, "by reason at", severity=levels.proposed.level),
        "rows": [_row(line) for line in it.lines],
        "cells": [_cell(cell) for cell in it.others],
        "rules": dict(it.rules),
        "steps": [views.picked(each, "step=name from=before to=after why") for each in judged.steps],
        "changes": [_change(each) for each in levels.changes],
        "next": _next(it.ahead),
        "paged": _called(it.paged),
        "informed": _called(it.informed),
    }


def _row(it: MatrixRow) -> Json:
    cell = it.cell
    shown = None if it.point is None else value(it.indicator, it.point, it.currency)
    return {
        "indicator": it.indicator,
        "group": it.group,
        "thresholds": dict(it.thresholds),
        "shown": {
            "value": shown,
            "low": None if it.low is None else value(it.indicator, it.low, it.currency),
            "high": None if it.high is None else value(it.indicator, it.high, it.currency),
            "thresholds": {level: value(it.indicator, number) for level, number in it.thresholds.items()},
        },
        **views.picked(it, "low point high currency basis upper_bound", reaches=it.level),
        "severity": None if cell is None else cell.level,
        "decided": cell is not None and cell.decided,
        "weak": cell is not None and cell.weak,
        "threshold": None if cell is None or not cell.threshold.en else views.text(cell.threshold),
        "flow": "" if cell is None else cell.flow,
    }


def _cell(it: Cell) -> Json:
    return views.picked(it, "indicator group flow measured threshold decided weak", severity=it.level)


def _change(it: SeverityStep) -> Json:
    return views.picked(
        it, "at change=why previous record computed why=sentence by reason", severity=it.level
    )


def _next(it: Ahead | None) -> Json | None:
    if it is None:
        return None
    return views.picked(it, "indicator threshold what=at in_minutes=minutes", severity=it.level)


def _called(people: Sequence[Called]) -> list[Json]:
    return [
        {
            **views.picked(one, "responder role channels"),
            "through": [
                {"channel": each.name, "why": views.text(each.why)}
                for several in one.through.values()
                for each in several
            ],
        }
        for one in people
    ]
