"""Silences by Alertmanager's API: ours, in its words. Each says how many alerts and checks it covers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from math import inf
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from watchtower.api import silences
from watchtower.api.alertmanager.requests import changing, filters, json_of, switch
from watchtower.api.alertmanager.shown import time_text
from watchtower.api.aside import aside, standing
from watchtower.api.contract import RunningDaemon, Status
from watchtower.api.names import named
from watchtower.api.parameters import read_by
from watchtower.api.responses import ApiError, JsonAnswer
from watchtower.core.events import SilenceAsked
from watchtower.core.matchers import LabelMatcher, not_all, parse_matcher
from watchtower.core.parse_time import parse_rfc3339
from watchtower.core.silences.silence import AlertSilence, SilenceState
from watchtower.model import Instant
from watchtower.outside_text import clean

COVERS = ("alerts", "checks")
"""The annotations of a silence: how many of each it covers."""
KEPT = 5 * 86400.0
"""Seconds for which one that is over is still shown: Alertmanager's retention."""
_LONGEST = 1000


async def listed(request: Request) -> Response:
    """200: those that hold, will, or did within five days. A filter asks for a matcher that is written so; `active`,
    `pending` and `expired` leave out, as false, those in that state."""
    daemon, wanted = read_by(request), filters(request)
    states = {state for state in SilenceState if switch(request, state)}
    status = standing(daemon)
    texts = {str(one) for one in wanted}
    known = await _known(daemon, status.at)

    def made() -> Response:
        fire = silences.firing(status)
        return JsonAnswer(
            [
                one_json(status, it, ended, fire)
                for it, ended in known
                if _state(it, ended, status.at) in states and texts <= {str(one) for one in it.matchers}
            ]
        )

    return await aside(request, made)


async def one(request: Request) -> Response:
    """200 with the silence; 404 where there never was one."""
    daemon, id = read_by(request), request.path_params["id"]
    found = next((it for it in await daemon.ever_silenced() if it[0].id == id), None)
    if found is None:
        raise ApiError(404, f"silence {id[:50]} not found")
    status = standing(daemon)
    return await aside(request, lambda: JsonAnswer(one_json(status, *found, silences.firing(status))))


async def create(request: Request) -> Response:
    """200 with the id: a new one, or where only the end, the author or the comment of one changed, the same."""
    daemon = changing(request)
    body = await json_of(request)
    if not isinstance(body, dict):
        raise ApiError(400, "the body is no silence")
    by = named(request, body.get("createdBy") or "alertmanager")
    asked = _asked(body, by, daemon.status())
    if asked.replaces and all(it.id != asked.replaces for it in daemon.status().silences):
        if all(it.id != asked.replaces for it, _ in await daemon.ever_silenced()):
            raise ApiError(404, f"silence {asked.replaces[:50]} not found")
        asked = SilenceAsked(asked.matchers, asked.starts_at, asked.ends_at, by, asked.reason)
    id, why = await daemon.silence(asked)
    if why:
        raise ApiError(400, why)
    return JsonAnswer({"silenceID": id})


async def expire(request: Request) -> Response:
    """200 when it is over, also when it was before; 404 where there never was one."""
    daemon, id = changing(request), request.path_params["id"]
    why = await daemon.expire_silence(id, named(request, "alertmanager"))
    if why and all(it.id != id for it, _ in await daemon.ever_silenced()):
        raise ApiError(404, f"silence {id[:50]} not found")
    return JsonAnswer({})


async def _known(daemon: RunningDaemon, now: Instant) -> list[tuple[AlertSilence, Instant]]:
    """The newest first."""
    found = [it for it in await daemon.ever_silenced() if it[1] > now - KEPT]
    return sorted(found, key=lambda it: (it[1] < inf, -it[0].starts_at))


def _state(it: AlertSilence, ended: Instant, at: Instant) -> SilenceState:
    return SilenceState.EXPIRED if min(ended, it.over_at) <= at else it.state(at)


def one_json(
    status: Status, it: AlertSilence, ended: Instant, fire: Sequence[Mapping[str, str]]
) -> dict[str, Any]:
    """As gettableSilence. `ended`: when it was over; infinite: it is not. `fire`: the labels of what fires."""
    state = _state(it, ended, status.at)
    over = state is SilenceState.EXPIRED
    begin, end = it.at(status.at) or it.next(status.at) or (it.starts_at, min(ended, it.ends_at))
    covers = silences.silence(status, it, fire)
    return {
        "id": it.id,
        "matchers": [_matcher_json(matcher) for matcher in it.matchers],
        "startsAt": time_text(begin),
        "endsAt": time_text(max(begin, min(ended, end)) if over else end),
        "updatedAt": time_text(ended if ended < inf else min(it.starts_at, status.at)),
        "createdBy": it.by,
        "comment": it.reason,
        "annotations": {name: str(covers[name]) for name in COVERS},
        "status": {"state": str(state)},
    }


def _matcher_json(matcher: LabelMatcher) -> dict[str, Any]:
    return {
        "name": matcher.name, "value": matcher.value,
        "isRegex": matcher.operator.endswith("~"), "isEqual": matcher.operator.startswith("="),
    }  # fmt: skip


def _asked(body: Mapping[str, Any], by: str, status: Status) -> SilenceAsked:
    """Raises ApiError."""
    given = body.get("matchers")
    if not isinstance(given, list) or not 0 < len(given) <= silences.MOST:
        raise ApiError(400, f"matchers: a list of 1 to {silences.MOST} is required")
    try:
        matchers = not_all([_matcher(one) for one in given])
        begin, end = (parse_rfc3339(body.get(name)) for name in ("startsAt", "endsAt"))
    except ValueError as error:
        raise ApiError(400, str(error)) from None
    id, comment, notes = body.get("id") or "", body.get("comment", ""), body.get("annotations") or {}
    if not all(
        isinstance(one, str) for one in (id, comment, *(notes.values() if isinstance(notes, dict) else [0]))
    ):
        raise ApiError(400, "id, comment and annotations are texts")
    comment += "".join(f" ({name}: {text})" for name, text in notes.items() if name not in COVERS)
    same = next((it for it in status.silences if it.id == id and it.matchers == matchers), None)
    active = same is not None and same.starts_at <= status.at
    start = same.starts_at if same is not None and active else max(begin, status.at)
    if same is not None and same.rrule:
        raise ApiError(400, f"{id} recurs by a rule, which only its page and /api/v1/silences can change")
    return SilenceAsked(matchers, start, end, by, clean(comment)[:_LONGEST], id)


def _matcher(given: Any) -> LabelMatcher:
    """Raises ValueError."""
    if not isinstance(given, dict):
        raise ValueError("a matcher is an object")
    name, value, regex, equal = (
        given.get("name"), given.get("value"), given.get("isRegex", False), given.get("isEqual", True),
    )  # fmt: skip
    if not (
        isinstance(name, str) and name and len(name) <= 200 and isinstance(value, str) and len(value) <= 2000
    ):
        raise ValueError("a matcher has a name and a value, both texts")
    if not isinstance(regex, bool) or not isinstance(equal, bool):
        raise ValueError("isRegex and isEqual are true or false")
    operator = ("=" if equal else "!") + ("~" if regex else "" if equal else "=")
    return parse_matcher(f"{json.dumps(clean(name))}{operator}{json.dumps(clean(value))}")
