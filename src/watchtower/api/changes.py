"""`/api/v1/changes`: what people and CI report of deployments, configuration and campaigns, and what was reported."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from watchtower.api import views
from watchtower.api.contract import RunningDaemon, Status
from watchtower.api.names import named
from watchtower.api.paging import cut, part_of
from watchtower.api.parameters import body_of, moment_of, read_by, time_in
from watchtower.api.responses import ApiError, JsonAnswer
from watchtower.core.changes.change import DAY, ChangeEvent
from watchtower.core.expressions import suggest
from watchtower.core.notes.notes import CHANGES

LONGEST: Mapping[str, int] = {"text": 300, "key": 200, "flow": 200, "service": 200, "link": 1000, "kind": 20}
"""The texts of a change, each with how many characters it may have."""
YEAR = 366 * DAY


async def changes(request: Request) -> Response:
    """`?from=&to=&flow=`: those that began or went on in this time, the oldest first; by default those of the last day."""
    daemon = read_by(request)
    at, flow = daemon.status().at, request.query_params.get("flow", "")
    until = moment_of(request, "to", at)
    since = moment_of(request, "from", until - DAY)
    if not at - 20 * YEAR <= since <= until <= min(since, at) + YEAR:
        raise ApiError(
            422, '"from" is later than "to", or more than a year before it, or that lies too far away'
        )
    found = [one for one in await daemon.changes(since, until) if not flow or one.about(flow)]
    some, following = cut(found, part_of(request), lambda one: one.key)
    return JsonAnswer({"changes": [change(one) for one in some], "next": following})


async def report(request: Request) -> Response:
    """200 with the change; 422 with everything that is wrong with it. A key that is known adds to what is known."""
    request.app.state.access.may_report(request)
    daemon: RunningDaemon = request.app.state.daemon
    body = await body_of(request)
    by = named(request, body.get("by") if isinstance(body, dict) else None)
    given = reported(body, by, daemon.status())
    if why := await daemon.change(given):
        raise ApiError(422, why)
    return JsonAnswer({"key": given.key})


def reported(body: Mapping[str, Any], by: str, status: Status) -> ChangeEvent:
    """The change that is reported. Raises ApiError with everything that is wrong with it."""
    texts = {name: body.get(name, "") for name in LONGEST}
    wrong = [f'"{name}" is not known' for name in body if name not in {*texts, "by", "begins_at", "ends_at"}]
    for name, text in texts.items():
        if not isinstance(text, str):
            wrong.append(f'"{name}" is not a text')
        elif len(text) > LONGEST[name]:
            wrong.append(f'"{name}" is longer than {LONGEST[name]} characters')
    begins_at, ends_at = (
        time_in(wrong, name, body[name]) if body.get(name) not in (None, "") else None
        for name in ("begins_at", "ends_at")
    )
    if wrong:
        raise ApiError(422, "\n".join(wrong))
    if texts["kind"] and texts["kind"] not in CHANGES:
        wrong.append(f'"kind" is none of {", ".join(CHANGES)}')
    if texts["flow"] and texts["flow"] not in status.plan.flows:
        wrong.append(f'there is no flow "{texts["flow"]}": {suggest(texts["flow"], status.plan.flows)}')
    if texts["link"] and not _is_link(texts["link"]):
        wrong.append('"link" is no address of http or https without a password in it')
    if not (texts["text"].strip() or texts["key"]):
        wrong.append('"text" is missing: say what was changed')
    if wrong:
        raise ApiError(422, "\n".join(wrong))
    texts = {name: " ".join(text.split()) for name, text in texts.items()}
    key = texts.pop("key") or _key(begins_at or status.at, *texts.values())
    return ChangeEvent(key=key, by=by, begins_at=begins_at, ends_at=ends_at, **texts)


def _key(at: float, *texts: str) -> str:
    """A key for a change without one: the same report within the same minute is the same change."""
    return blake2b("\0".join((str(int(at // 60)), *texts)).encode(), digest_size=8).hexdigest()


def _is_link(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc


def change(it: ChangeEvent) -> views.Json:
    return views.picked(it, "key kind text by begins_at ends_at flow service link")
