"""`POST /push/CHECK`: counts that the product itself reports, for a check of the probe `push`, and metrics for one of `otlp`."""

from __future__ import annotations

import math
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from watchtower.api.contract import RunningDaemon
from watchtower.api.parameters import body_of
from watchtower.api.responses import ApiError, JsonAnswer

MOST_COUNTS = 100
LONGEST_SERIES = 200


async def push(request: Request) -> Response:
    """202 when the counts are accepted. The time is the daemon's own, because clocks of many senders differ."""
    daemon: RunningDaemon = request.app.state.daemon
    name = request.path_params["check"]
    declared = daemon.status().plan.checks.get(name)
    own = getattr(declared.settings, "token", None) if declared is not None else None
    request.app.state.access.may_push(request, name, own.get_secret_value() if own else "")
    if declared is not None and declared.probe == "otlp":
        return await _export(request, daemon, name)
    series = request.query_params.get("series", "")
    if len(series) > LONGEST_SERIES:
        raise ApiError(422, "the series' name is too long", f"at most {LONGEST_SERIES} characters")
    counts = _counts(await body_of(request))
    try:
        daemon.push(name, counts, daemon.status().at, series)
    except KeyError:
        known = [each.name for each in daemon.status().plan.checks.values() if each.probe == "push"]
        hint = f"push checks: {', '.join(known)}" if known else 'no check of the plan has probe = "push"'
        raise ApiError(404, f"there is no push check {name[:100]}", hint) from None
    except ValueError as error:
        raise ApiError(422, str(error)) from None
    return JsonAnswer({"accepted": len(counts)}, 202)


async def _export(request: Request, daemon: RunningDaemon, check: str) -> Response:
    """200 and an empty answer of the same encoding, as the protocol has it."""
    try:
        await daemon.export(check, await request.body(), request.headers, daemon.status().at)
    except ValueError as error:
        raise ApiError(400, str(error)) from None
    if request.headers.get("content-type", "").startswith("application/json"):
        return JsonAnswer({})
    return Response(b"", media_type="application/x-protobuf")


def _counts(body: object) -> Mapping[str, float]:
    """`{"requests": 12, "amount": 345.5}`: names and finite numbers."""
    hint = 'send an object of names and numbers: {"requests": 12}'
    if not isinstance(body, dict) or not body:
        raise ApiError(422, "the body holds no counts", hint)
    if len(body) > MOST_COUNTS:
        raise ApiError(422, f"more than {MOST_COUNTS} counts", hint)
    for name, value in body.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not _finite(value):
            raise ApiError(422, f'"{name[:100]}" is not a number', hint)
    return {name: float(value) for name, value in body.items()}


def _finite(value: float) -> bool:
    try:
        return math.isfinite(float(value))
    except OverflowError:
        return False
