"""Reviews, lessons and the month's report over HTTP, and the import of a written review."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from watchtower.api import views
from watchtower.api.aside import Aside, aside
from watchtower.api.brief import asked, zone_named
from watchtower.api.contract import IncidentDetail, RunningDaemon, Status
from watchtower.api.parameters import changed_by, incident_of, read_by
from watchtower.api.responses import ApiError, JsonAnswer, TextAnswer
from watchtower.brief.sheet import Sheet
from watchtower.brief.sheet import to_json as sheet_json
from watchtower.core.incident.history import project
from watchtower.core.reviews.actions import missing
from watchtower.core.reviews.build import record_of
from watchtower.core.reviews.facts import Facts, facts_of
from watchtower.core.reviews.record import Record
from watchtower.core.reviews.review import ActionItem, Review
from watchtower.logs import log
from watchtower.model import Instant, Text
from watchtower.report.month import MONTHS, MonthReport, month_of, report, span_of, to_json
from watchtower.review.document import changes, document
from watchtower.review.sheet import review_sheet
from watchtower.texts.markdown import escaped
from watchtower.texts.phrases import Tongue

_FAILED = Text(
    "Your template failed on line {}: {}. This is the built-in form.",
    "自定义模板第 {} 行出错：{}。以下为内置格式。",
)
FOUND = 50
"""Lessons of one search, the newest first."""


def facts_in(detail: IncidentDetail) -> Facts:
    return facts_of(detail.incident, detail.timeline)


async def review_answer(request: Request) -> Response:
    """`?format=json|markdown`, `?lang=en|zh`, `?zone=Asia/Shanghai|+08:00`."""
    status, detail, tongue = await asked(request)
    wanted = request.query_params.get("format", "json")
    if wanted not in ("json", "markdown"):
        raise ApiError(422, '"format" is neither json nor markdown')

    def whole() -> Response:
        said = as_json(status, detail, tongue)
        if wanted == "markdown":
            return TextAnswer(said["markdown"], media_type="text/markdown")
        return JsonAnswer(said)

    return await aside(request, whole)


async def review_import(request: Request) -> Response:
    """`{"by": "li", "markdown": "…"}`: do what makes the review say what the file says. 422 with all that is wrong."""
    daemon, body, by = await changed_by(request)
    text = body.get("markdown")
    if not isinstance(text, str):
        raise ApiError(422, "the body is not usable", 'send {"by": "your name", "markdown": "…"}')
    detail = await incident_of(request, daemon)
    try:
        wanted = changes(text, project(detail.timeline).review)
    except ValueError as error:
        raise ApiError(422, str(error), "nothing was changed") from None
    done: list[str] = []
    refused: list[dict[str, str]] = []
    for change in wanted:
        why = await daemon.do(detail.incident.id, change.action, by, "import", change.data)
        if why:
            refused.append({"action": change.action, "why": why})
        else:
            done.append(change.action)
    return JsonAnswer({"done": done, "refused": refused})


async def lessons_answer(request: Request) -> Response:
    """`?words=certificate gateway`: incidents in which all of them are found, newest first; none: all."""
    daemon = read_by(request)
    words = request.query_params.get("words", "")[:200].split()
    queue: Aside = request.app.state.aside[0]
    async with queue.turn():
        found, left_out = await daemon.lessons(words, FOUND)
    return JsonAnswer({"lessons": [lesson(each) for each in found], "left_out": left_out})


async def report_answer(request: Request) -> Response:
    """`?month=2026-11` (this month), `?zone=Asia/Shanghai`."""
    return await month_aside(request, read_by(request).status().at, lambda made: JsonAnswer(to_json(made)))


async def month_aside(request: Request, at: Instant, shown: Callable[[MonthReport], Response]) -> Response:
    """The report of the month and zone that the request names, made and shown beside the loop. Raises ApiError."""
    daemon: RunningDaemon = request.app.state.daemon
    zone = zone_named(request.query_params.get("zone", "UTC"))
    month = request.query_params.get("month") or month_of(at, zone)
    try:
        since, until = span_of(month, zone, MONTHS)
    except ValueError as error:
        raise ApiError(422, str(error)) from None
    queue: Aside = request.app.state.aside[0]
    async with queue.turn():
        records = await daemon.records(since, until)
        root = await daemon.log_root(until)
        return await queue.work(lambda: shown(report(records, month, zone, at, root)))


def as_json(status: Status, detail: IncidentDetail, tongue: Tongue) -> dict[str, Any]:
    facts = facts_in(detail)
    record, review = record_of(status.plan, facts), facts.history.review
    sheet = review_sheet(facts, record, tongue)
    return {
        "incident": views.incident(detail.incident),
        "sheet": sheet_json(sheet),
        "written": written(review),
        "missing": missing(detail.incident, facts.history),
        "record": lesson(record) | figures(record),
        "markdown": _markdown(status.plan.review.template_text, sheet, facts, record, tongue),
    }


def _markdown(template: str, sheet: Sheet, facts: Facts, record: Record, tongue: Tongue) -> str:
    """By the site's own template, where there is one. Should that fail, the built-in form says so."""
    incident, review = facts.incident.id, facts.history.review
    if not template:
        return document(sheet, review, incident)
    from watchtower.own_template import TemplateFault, filled
    from watchtower.review.variables import variables

    try:
        return filled(template, variables(facts, record, sheet, tongue))
    except TemplateFault as fault:
        log.error("review_template_failed", incident=incident, line=fault.line, error=fault.what)
        said = _FAILED.in_(tongue.language).format(fault.line, escaped(fault.what))
        return f"> {said}\n\n{document(sheet, review, incident)}"


def written(review: Review) -> dict[str, Any]:
    return {
        "owner": review.owner,
        "meeting_at": views.instant(review.meeting_at),
        "sections": dict(review.sections),
        **views.picked(review, "cause_tag helped reconciliation recouped false_page source"),
        "actions": [action(item) for item in review.actions],
        "closed_at": views.instant(review.closed_at),
        "closed_by": review.closed_by,
    }


def action(it: ActionItem) -> dict[str, Any]:
    return views.picked(it, "id text type owner due acceptance state done_at done_by dropped")


def lesson(it: Record) -> dict[str, Any]:
    """Returns what was learnt from an incident, in short."""
    return {
        **views.picked(
            it,
            "incident title severity=record opened_at flows cause_tag cause helped summary"
            " mitigated_after=to_mitigate",
        ),
        "reviewed": it.closed_at is not None,
    }


def figures(it: Record) -> dict[str, Any]:
    """Its figures, spans in seconds from the onset."""
    return views.picked(
        it,
        "source detected_after=to_detect acknowledged_after=to_acknowledge cause_identified_after=to_identify_cause"
        " resolved_after=to_resolve raised lowered users requests amount loss flow_minutes no_data_minutes pages"
        " pages_delivered",
    )
