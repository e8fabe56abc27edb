"""The brief and the drafts of status updates over HTTP: `/api/v1/incidents/{id}/brief`, `…/drafts/{audience}`."""

from __future__ import annotations

import re
from datetime import UTC, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from starlette.requests import Request
from starlette.responses import Response

from watchtower.api import views
from watchtower.api.aside import aside, standing
from watchtower.api.contract import IncidentDetail, Status
from watchtower.api.parameters import incident_of, read_by
from watchtower.api.responses import ApiError, JsonAnswer, TextAnswer
from watchtower.brief.brief import Brief, brief
from watchtower.brief.drafts import UpdateDraft, draft
from watchtower.brief.markdown import markdown
from watchtower.brief.next_severity import ahead
from watchtower.brief.screen import HEIGHT, cut
from watchtower.brief.sheet import VERSION, plain, sheet_of, to_json
from watchtower.core.impact.impact import write
from watchtower.core.incident.history import project
from watchtower.core.notes.notes import AUDIENCES
from watchtower.core.parse_time import parse_instant
from watchtower.model import Instant, Language
from watchtower.texts.phrases import Tongue

FORMATS = ("json", "markdown", "text")
_OFFSET = re.compile(r"^([+-])(\d\d):?(\d\d)$")


def brief_of(status: Status, detail: IncidentDetail, since: Instant | None = None) -> Brief:
    """The brief of an incident as of now, or of its end."""
    log = detail.timeline
    history = detail.history if detail.history is not None else project(log)
    return brief(status.plan, detail.incident, history, detail.alerts, log, status.at, since)


async def brief_answer(request: Request) -> Response:
    """`?format=json|markdown|text`, `?lang=en|zh`, `?zone=Asia/Shanghai|+08:00`, `?since=…`, `?all=true`."""
    status, detail, tongue = await asked(request)
    wanted = request.query_params.get("format", "json")
    if wanted not in FORMATS:
        raise ApiError(422, f'"format" is none of {", ".join(FORMATS)}')
    since, uncut = _since(request), request.query_params.get("all", "") in ("true", "1", "yes")

    def written() -> Response:
        made = brief_of(status, detail, since)
        whole = sheet_of(made, tongue)
        if wanted == "json":
            return JsonAnswer(as_json(made) | {"sheet": to_json(whole)})
        shown = whole if uncut else cut(whole, HEIGHT - 3)
        if wanted == "markdown":
            return TextAnswer(markdown(shown), media_type="text/markdown")
        return TextAnswer("\n".join(plain(shown)) + "\n")

    return await aside(request, written)


async def draft_answer(request: Request) -> Response:
    status, detail, tongue = await asked(request)
    audience = request.path_params["audience"]
    if audience not in AUDIENCES:
        raise ApiError(404, f'there is no audience "{audience[:50]}"', f"one of {', '.join(AUDIENCES)}")
    return await aside(
        request, lambda: JsonAnswer(draft_json(draft(brief_of(status, detail), audience), tongue))
    )


def as_json(made: Brief) -> dict[str, Any]:
    """Returns the brief for programs."""
    head, found, coming = made.headline, made.indicators, ahead(made.scene)
    return {
        "version": VERSION,
        "incident": views.incident(made.scene.incident),
        "at": views.instant(made.at),
        "since": views.instant(made.since),
        "elapsed_seconds": head.elapsed,
        "next_update_at": views.instant(head.next_update),
        "call": head.call,
        "why": views.text(made.scene.history.severity.sentence),
        "indicators": None if found is None else write(found),
        "next_severity": None
        if coming is None
        else {
            "severity": coming.level,
            "indicator": coming.indicator,
            "threshold": coming.threshold,
            "in_minutes": coming.minutes,
        },
    }


def draft_json(it: UpdateDraft, tongue: Tongue) -> dict[str, Any]:
    return {
        "audience": it.audience,
        "language": str(tongue.language),
        "subject": tongue.say(it.subject),
        "paragraphs": [tongue.say(each) for each in it.paragraphs],
        "next_update_at": views.instant(it.next_at),
    }


async def asked(request: Request) -> tuple[Status, IncidentDetail, Tongue]:
    """The incident, language and zone of a request. Raises Refused."""
    daemon = read_by(request)
    detail = await incident_of(request, daemon)
    status = standing(daemon)
    language = request.query_params.get("lang", "en")
    if language not in tuple(Language):
        raise ApiError(422, '"lang" is neither en nor zh')
    return (
        status,
        detail,
        Tongue(Language(language), zone_named(request.query_params.get("zone", "UTC")), status.at),
    )


def _since(request: Request) -> Instant | None:
    given = request.query_params.get("since")
    if not given:
        return None
    try:
        return parse_instant(given)
    except ValueError:
        raise ApiError(
            422, '"since" is no moment', "seconds since the epoch, or 2026-11-22T15:43:53Z"
        ) from None


def zone_named(name: str) -> tzinfo:
    """An IANA name, or an offset such as `+08:00`."""
    if found := _OFFSET.match(name.replace(" ", "+")):  # a plus in an address is a space
        sign, hours, minutes = found.groups()
        span = timedelta(hours=int(hours), minutes=int(minutes))
        if span < timedelta(hours=24):
            return timezone(span if sign == "+" else -span)
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ApiError(422, '"zone" is not known', "an IANA name such as Asia/Shanghai, or +08:00") from None
