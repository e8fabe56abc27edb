"""`/api/v2/alerts`: takes what Prometheus posts, and lists what fires."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from watchtower.api.alertmanager.posted import UnreadableError, posted_alerts
from watchtower.api.alertmanager.requests import filters, must_be_json, receiver_fits, switch, take_in_turns
from watchtower.api.alertmanager.shown import RECEIVER, ShownAlert, alert_json, asked_for, shown_alerts
from watchtower.api.aside import aside, standing
from watchtower.api.contract import RunningDaemon
from watchtower.api.parameters import read_by
from watchtower.api.responses import ApiError, JsonAnswer
from watchtower.probes.aside import read_aside

PROBE = "alertmanager"
_AT_ONCE = 4
"""Posts that are read at the same time: each may hold four megabytes."""
_reading = asyncio.Semaphore(_AT_ONCE)
_ADD = 'add to checks/: [[check]] with name = "prometheus" and probe = "alertmanager"'


async def post(request: Request) -> Response:
    """200 when all are taken; 400 with what is wrong, while the others are. They go to the first check of the probe
    `alertmanager` that the sender may push to."""
    daemon: RunningDaemon = request.app.state.daemon
    plan = daemon.status().plan
    checks = [check.name for check in plan.checks.values() if check.probe == PROBE]
    check = request.app.state.access.check_to_push(request, checks)
    must_be_json(request)
    if not check:
        raise ApiError(404, "no check takes alerts", _ADD)
    async with _reading:
        body, at = await request.body(), daemon.status().at
        try:
            posted = await read_aside(len(body), posted_alerts, body, at)
        except UnreadableError as error:
            raise ApiError(error.status, str(error)) from None
        address = request.client.host if request.client else ""
        await take_in_turns(daemon, check, posted.taken, address, at)
    if posted.wrong:
        raise ApiError(400, "; ".join(posted.wrong[:10]))
    return JsonAnswer({})


async def listed(request: Request) -> Response:
    """200 with the alerts that fire."""

    def answer(found: list[ShownAlert]) -> list[dict[str, Any]]:
        return sorted((alert_json(one) for one in found), key=lambda one: str(one["fingerprint"]))

    return await _answered(request, answer)


async def groups(request: Request) -> Response:
    """200 with the same by incident; those of no incident by name."""

    def answer(found: list[ShownAlert]) -> list[dict[str, Any]]:
        by: dict[str, list[ShownAlert]] = {}
        for one in found:
            by.setdefault(json.dumps(one.group), []).append(one)
        return [
            {
                "labels": json.loads(group), "routeLabels": {}, "receiver": RECEIVER,
                "alerts": [alert_json(one) for one in some],
            }
            for group, some in sorted(by.items())
        ]  # fmt: skip

    return await _answered(request, answer)


async def _answered(request: Request, answer: Callable[[list[ShownAlert]], Any]) -> Response:
    daemon, matchers = read_by(request), filters(request)
    wanted = {name: switch(request, name) for name in ("active", "silenced", "inhibited", "muted")}
    switch(request, "unprocessed")  # there are none: each post is judged at once
    here = receiver_fits(request, RECEIVER["name"])
    status, others = standing(daemon), daemon.others_alerts() if here else []
    address = str(request.base_url).rstrip("/")

    def made() -> Response:
        return JsonAnswer(
            answer(asked_for(shown_alerts(status, others, address), matchers, wanted) if here else [])
        )

    return await aside(request, made)
