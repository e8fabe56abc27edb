"""The answers of a daemon that does not lead: its health, its role, and who leads."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from watchtower.api import operations, routes
from watchtower.api.auth import Access
from watchtower.api.contract import Watching
from watchtower.model import Text
from watchtower.web.app import STATIC
from watchtower.web.errors import HANDLERS, refusal
from watchtower.web.guard import GuardMiddleware
from watchtower.web.locale import visitor
from watchtower.web.pages import error_page

LEADS = Text("This daemon stands by; the leader is {}", "本实例为备用，当前主实例：{}")
NOBODY = Text("This daemon waits for its store", "本实例正在等待存储恢复")
_EVERY = ["GET", "POST", "PUT", "PATCH", "DELETE"]


async def elsewhere(request: Request) -> Response:
    """Answers 503 with the leader's address, because what is changed here would be changed nowhere else."""
    daemon: Watching = request.app.state.daemon
    standing = daemon.standing()
    leader = f"{standing.leader} ({standing.leader_url})" if standing.leader else ""
    what = visitor(request).say(LEADS if leader else NOBODY).format(leader)
    if request.url.path == "/":
        return error_page(request, 200, what)
    response = refusal(
        request,
        503,
        what,
        "ask the leader, or again in some seconds",
        kind="standby",
        leader=standing.leader_url,
    )
    response.headers["Retry-After"] = "5"
    return response


ROUTES = [
    *operations.BARE_ROUTES,
    Route("/api/v1/status", operations.status),
    Route("/api/v1/openapi.json", routes.openapi),
]


def application(daemon: Watching, access: Access) -> ASGIApp:
    """The ASGI application of a daemon that stands by, or that waits for its store."""
    app = Starlette(
        routes=[*ROUTES, Mount("/static", STATIC), Route("/{path:path}", elsewhere, methods=_EVERY)],
        exception_handlers=HANDLERS,
    )
    app.state.daemon, app.state.access = daemon, access
    return GuardMiddleware(app, access)
