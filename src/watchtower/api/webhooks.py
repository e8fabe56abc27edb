"""`POST /in/CHECK`: alerts of another monitor, for a check of the probe `webhook`."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from watchtower.api.alertmanager.posted import PostedAlerts, wrong_with
from watchtower.api.alertmanager.requests import take_in_turns
from watchtower.api.contract import RunningDaemon
from watchtower.api.responses import ApiError, JsonAnswer
from watchtower.logs import log
from watchtower.model import Instant
from watchtower.outside_text import clean
from watchtower.probes.aside import read_aside
from watchtower.probes.webhook import Webhook

PROBE = "webhook"
_AT_ONCE = 4
"""Posts that are read at the same time."""
_reading = asyncio.Semaphore(_AT_ONCE)
_CONFIRM = re.compile(r"https://sns\.[a-z0-9-]{1,40}\.amazonaws\.com(\.cn)?/[!-~]{1,1000}")


async def take(request: Request) -> Response:
    """200 with how many were taken, and what is wrong with the others; 422 when none could be: who sent it would send the
    same again."""
    daemon: RunningDaemon = request.app.state.daemon
    name = request.path_params["check"]
    declared = daemon.status().plan.checks.get(name)
    there = declared is not None and declared.probe == PROBE
    own = declared.settings.token if declared is not None and there else None
    request.app.state.access.may_push(request, name, own.get_secret_value() if own else "", basic=True)
    if declared is None or not there:
        raise ApiError(404, f"there is no webhook {name[:100]}", 'add a check with probe = "webhook"')
    async with _reading:
        body, at = await request.body(), daemon.status().at
        try:
            posted, truncated = await read_aside(
                len(body), read, declared.settings, body, at, daemon.standing().instance
            )
        except ValueError as error:
            raise ApiError(422, clean(str(error))) from None
        await take_in_turns(daemon, name, posted.taken, "", at)
    if posted.wrong or truncated:
        log.warning(
            "webhook_in_part",
            check=name,
            taken=len(posted.taken),
            wrong=posted.wrong[:5],
            truncated=truncated,
        )
    if posted.wrong and not posted.taken:
        raise ApiError(422, "; ".join(posted.wrong[:10]))
    return JsonAnswer({"taken": len(posted.taken), "wrong": posted.wrong[:10]})


def read(settings: Any, body: bytes, at: Instant, instance: str) -> tuple[PostedAlerts, int]:
    """The alerts of a body, and how many its sender left out. Raises ValueError."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise ValueError("the body is not JSON") from None
    out, left = PostedAlerts(), 0
    if isinstance(document, dict):
        count = document.get("truncatedAlerts")
        left = count if isinstance(count, int) and not isinstance(count, bool) else 0
        if document.get("Type") == "SubscriptionConfirmation":
            if link := _CONFIRM.fullmatch(str(document.get("SubscribeURL"))):
                log.warning("webhook_asks_to_confirm", link=link[0])
            return out, 0
    for number, one in enumerate(Webhook.posted(settings, document, at, instance)):
        why = one if isinstance(one, str) else wrong_with(one, at)
        if why:
            out.wrong.append(f"alert {number}: {why}")
        elif not isinstance(one, str):
            out.taken.append(one)
    return out, left
