"""For the machines around the daemon: Prometheus, the container's probes, whoever deploys a new configuration."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import Response

from watchtower.web import views
from watchtower.web.answers import JsonAnswer, TextAnswer
from watchtower.web.contract import Daemon, Watching


async def metrics(request: Request) -> Response:
    request.app.state.access.may_read(request)
    daemon: Daemon = request.app.state.daemon
    text, kind = daemon.metrics()
    return Response(text, headers={"Content-Type": kind})


async def healthz(request: Request) -> Response:
    """The process lives and its loop turns. Nothing else: a broken store is no reason to restart."""
    return TextAnswer("ok\n")


async def readyz(request: Request) -> Response:
    """200 when the daemon watches and can tell; else 503 with the reasons.

    A refused reload is told here, but leaves it ready: the plan before it is in force, and a sidecar that turns
    unready would take the product's own pod out of service for a typing error. Names and paths are told to whom
    has the API token.
    """
    daemon: Watching = request.app.state.daemon
    reasons, role = list(daemon.ready()), daemon.standing().role
    known = request.app.state.access.knows(request)
    refused = [views.problem(each) for each in daemon.status().problems]
    plan = {"current": not refused, "problems": refused if known else []}
    shown = [r if known else word(r) for r in reasons]
    return JsonAnswer(
        {"ready": not reasons, "role": role, "reasons": shown, "plan": plan}, 503 if reasons else 200
    )


def word(reason: str) -> str:
    """What a stranger is told: the word, without the names and paths that may follow it."""
    return re.split(r"[^a-z0-9_]", reason, maxsplit=1)[0]


async def status(request: Request) -> Response:
    """Which instance this is, whether it leads, and what it has to do: also from one that stands by."""
    request.app.state.access.may_read(request)
    daemon: Watching = request.app.state.daemon
    standing, now = daemon.standing(), daemon.status()
    return JsonAnswer(views.status(standing, now, list(daemon.ready()), daemon.owed()))


async def reload(request: Request) -> Response:
    """200 when the new configuration is in force; 422 with every problem when the old one stays."""
    request.app.state.access.may_change(request)
    daemon: Daemon = request.app.state.daemon
    problems = await daemon.reload()
    if not problems:
        return JsonAnswer({"reloaded": True})
    body = {"error": "the configuration is refused; the one before it stays in force"}
    return JsonAnswer(body | {"problems": [views.problem(each) for each in problems]}, 422)
