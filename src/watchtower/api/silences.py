"""`/api/v1/silences`: silence alerts, end a silence, list what holds pages back and maintenance windows to come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from watchtower.api import views
from watchtower.api.aside import aside, standing
from watchtower.api.brief import zone_named
from watchtower.api.contract import Status
from watchtower.api.parameters import changed_by, read_by, time_in
from watchtower.api.responses import ApiError, JsonAnswer
from watchtower.core.events import SilenceAsked
from watchtower.core.matchers import HOW, LabelMatcher, fit, parse_matchers
from watchtower.core.plan.maintenance import Maintenance
from watchtower.core.silences.labels import checks_of, labels_of
from watchtower.core.silences.silence import AlertSilence
from watchtower.model import AlertState, Instant

MOST, LONGEST = 50, 1000
"""Matchers of one silence, and characters of its reason and of its rule."""


async def silences(request: Request) -> Response:
    """Silences that are not over, and the current or next time of each maintenance window."""
    status = standing(read_by(request))

    def made() -> Response:
        fire = firing(status)
        return JsonAnswer(
            {
                "silences": [silence(status, one, fire) for one in status.silences],
                "maintenance": [window(status, one) for one in status.plan.maintenance],
            }
        )

    return await aside(request, made)


async def create(request: Request) -> Response:
    """200 with the silence; 422 with everything that is wrong with it."""
    daemon, body, by = await changed_by(request)
    id, why = await daemon.silence(asked(body, by, daemon.status().at))
    if why:
        raise ApiError(422, why)
    status = standing(daemon)
    made, written = next((one for one in status.silences if one.id == id), None), daemon.written()

    def answer() -> Response:
        return JsonAnswer({"silence": made and silence(status, made, firing(status)), "written": written})

    return await aside(request, answer)


async def expire(request: Request) -> Response:
    """200 when it is over; 404 when there is none, or it was over before."""
    daemon, _, by = await changed_by(request)
    id = request.path_params["id"]
    if why := await daemon.expire_silence(id, by):
        raise ApiError(404, why[:200], "see /api/v1/silences")
    return JsonAnswer({"expired": id, "written": daemon.written()})


def asked(body: Mapping[str, Any], by: str, now: Instant) -> SilenceAsked:
    """What is asked for. Raises ApiError with everything that is wrong with it; times without a zone are in its own."""
    wrong: list[str] = []
    given = body.get("matchers")
    texts: Sequence[object] = given[:MOST] if isinstance(given, list) else ()
    if not texts:
        raise ApiError(422, '"matchers" are no list of texts', HOW)
    texts_of = {name: body.get(name, "") for name in ("reason", "replaces", "rrule", "zone")}
    if not all(isinstance(text, str) for text in texts_of.values()):
        raise ApiError(422, f"{', '.join(texts_of)} are texts")
    rrule, clocks = texts_of["rrule"], zone_named(texts_of["zone"] or "UTC")
    if len(rrule) > LONGEST:  # cut, it would be another rule
        raise ApiError(422, f'"rrule" is longer than {LONGEST} characters')
    matchers: tuple[LabelMatcher, ...] = ()
    try:
        matchers = parse_matchers(texts)
    except ValueError as error:
        wrong.append(str(error))
    begin = time_in(wrong, "starts_at", body.get("starts_at", now), now, clocks)
    end = time_in(wrong, "ends_at", body.get("ends_at", ""), begin, clocks)
    if wrong:
        raise ApiError(422, "\n".join(wrong))
    return SilenceAsked(
        matchers, begin, end, by, texts_of["reason"][:LONGEST], texts_of["replaces"][:50], rrule, str(clocks)
    )


def firing(status: Status) -> list[Mapping[str, str]]:
    """The labels of each alert that fires now: once for all silences that are shown."""
    severities = {incident.id: incident.severity for incident in status.incidents}
    return [
        labels_of(status.plan, one, severities.get(one.incident))
        for one in status.alerts
        if one.state is AlertState.FIRING
    ]


def silence(status: Status, it: AlertSilence, fire: Sequence[Mapping[str, str]]) -> views.Json:
    """Its current or next time. `alerts` counts those of `fire` that fit, `checks` those of which an alert could."""
    begin, end = it.at(status.at) or it.next(status.at) or (it.starts_at, it.ends_at)
    return {
        **views.picked(it, "id by reason rrule zone", state=it.state(status.at)),
        "starts_at": views.instant(begin),
        "ends_at": views.instant(end),
        "matchers": [str(matcher) for matcher in it.matchers],
        "alerts": sum(fit(it.matchers, labels) for labels in fire),
        "checks": len(checks_of(status.plan, it.matchers)),
    }


def window(status: Status, it: Maintenance) -> views.Json:
    """Its times are null where none is left."""
    now = it.at(status.at)
    begin, end = now or it.next(status.at) or (None, None)
    return {
        "name": it.name,
        "state": "active" if now else "pending" if begin is not None else "expired",
        "matchers": [str(matcher) for matcher in it.matchers],
        "starts_at": views.instant(begin),
        "ends_at": views.instant(end),
    }
