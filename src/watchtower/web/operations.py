"""For the machines around the daemon: Prometheus, the container's probes, whoever deploys a new configuration."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from watchtower.web import views
from watchtower.web.contract import Daemon


async def metrics(request: Request) -> Response:
    request.app.state.access.may_read(request)
    daemon: Daemon = request.app.state.daemon
    text, kind = daemon.metrics()
    return Response(text, headers={"Content-Type": kind})


async def healthz(request: Request) -> Response:
    """The process lives and its loop turns. Nothing else: a broken store is no reason to restart."""
    return PlainTextResponse("ok\n")


async def readyz(request: Request) -> Response:
    """200 when the daemon watches and can tell; else 503 with the reasons.

    A refused reload is told here, but leaves it ready: the plan before it is in force, and a sidecar that turns
    unready would take the product's own pod out of service for a typing error.
    """
    daemon: Daemon = request.app.state.daemon
    reasons = list(daemon.ready())
    refused = [views.problem(each) for each in daemon.status().problems]
    body = {"ready": not reasons, "reasons": reasons, "plan": {"current": not refused, "problems": refused}}
    return JSONResponse(body, 503 if reasons else 200)


async def reload(request: Request) -> Response:
    """200 when the new configuration is in force; 422 with every problem when the old one stays."""
    request.app.state.access.may_change(request)
    daemon: Daemon = request.app.state.daemon
    problems = await daemon.reload()
    if not problems:
        return JSONResponse({"reloaded": True})
    body = {"error": "the configuration is refused; the one before it stays in force"}
    return JSONResponse(body | {"problems": [views.problem(each) for each in problems]}, 422)
