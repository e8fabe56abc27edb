"""Addresses for machines: Prometheus, the container's probes, deployments of a new configuration."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchtower.api import views
from watchtower.api.contract import RunningDaemon, Watching
from watchtower.api.porch import BARE
from watchtower.api.responses import ApiError, JsonAnswer
from watchtower.model import AccessRole
from watchtower.values import replace


async def bare(request: Request) -> Response:
    """Answers what the porch leaves to the application: another method, or a visitor without the right."""
    path, access = request.url.path, request.app.state.access
    if path == "/metrics":
        access.may_read(request)
    known = access.caller(request).may(AccessRole.VIEW)
    status, kind, pieces = await BARE[path](request.app.state.daemon, known)
    return Response(b"".join(pieces), status, headers={"Content-Type": kind})


BARE_ROUTES = [Route(path, bare) for path in BARE]


async def status(request: Request) -> Response:
    """The instance, whether it leads, and its open work; also from a standby."""
    request.app.state.access.may_read(request)
    daemon: Watching = request.app.state.daemon
    standing, now = daemon.standing(), daemon.status()
    if not request.app.state.access.caller(request).may(
        AccessRole.RESPOND
    ):  # where it is, is not told to all
        standing = replace(standing, store=standing.store.partition(" ")[0])
    return JsonAnswer(views.status(standing, now, list(daemon.ready()), daemon.queued()))


async def reload(request: Request) -> Response:
    """200 when the new configuration is in force; 422 with every problem when the old one stays; 409 when it is held,
    because it would drop much, and `?confirm=true` was not said."""
    request.app.state.access.may_change(request, AccessRole.ADMIN)
    daemon: RunningDaemon = request.app.state.daemon
    problems = await daemon.reload(request.query_params.get("confirm") == "true")
    if not problems:
        return JsonAnswer({"reloaded": True})
    held = bool(daemon.status().held)
    why = "would drop what was there, and is held until it is confirmed" if held else "is refused"
    raise ApiError(
        409 if held else 422, f"the configuration {why}; the one before it stays in force",
        kind="held" if held else "configuration", problems=[views.problem(each) for each in problems],
    )  # fmt: skip
