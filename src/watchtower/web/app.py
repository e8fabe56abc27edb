"""Every address of the daemon, as one list."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from watchtower.web import (
    account,
    ack,
    acting,
    api,
    board,
    brief,
    doing,
    drills,
    explanation,
    operations,
    push,
    review,
    review_page,
    rota,
    situation,
)
from watchtower.web.answers import HANDLERS
from watchtower.web.aside import queues
from watchtower.web.auth import Access
from watchtower.web.contract import Daemon
from watchtower.web.guard import Guard

_HERE = Path(str(files("watchtower.web")))


async def openapi(request: Request) -> Response:
    return Response((_HERE / "openapi.json").read_bytes(), media_type="application/json")


class _Static(StaticFiles):
    """Kept by browsers for a year: their addresses carry a digest of what they hold."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


STATIC = _Static(directory=_HERE / "static")

ROUTES = [
    Route("/", board.board),
    Route("/incidents/{id}", brief.brief),
    Route("/incidents/{id}/review", review_page.review_page),
    Route("/report", review_page.report_page),
    Route("/incidents/{id}/ack", brief.acknowledge_by_form, methods=["POST"]),
    Route("/incidents/{id}/do/{action}", doing.do_by_form, methods=["POST"]),
    Route("/ack/{token}", ack.ask),
    Route("/ack/{token}", ack.acknowledge, methods=["POST"]),
    *operations.BARE_ROUTES,
    Route("/-/reload", operations.reload, methods=["POST"]),
    Route("/push/{check}", push.push, methods=["POST"]),
    Route("/api/v1/status", operations.status),
    Route("/api/v1/incidents", api.incidents),
    Route("/api/v1/incidents/{id}", api.incident),
    Route("/api/v1/incidents/{id}/brief", situation.brief_answer),
    Route("/api/v1/incidents/{id}/explanation", account.explanation),
    Route("/api/v1/incidents/{id}/drafts/{audience}", situation.draft_answer),
    Route("/api/v1/incidents/{id}/review", review.review_answer),
    Route("/api/v1/incidents/{id}/review", review.review_import, methods=["POST"]),
    Route("/api/v1/lessons", review.lessons_answer),
    Route("/api/v1/report", review.report_answer),
    Route("/api/v1/incidents/{id}/ack", api.acknowledge, methods=["POST"]),
    Route("/api/v1/incidents/{id}/resolve", api.resolve, methods=["POST"]),
    Route("/api/v1/incidents/{id}/do/{action}", acting.do, methods=["POST"]),
    Route("/api/v1/actions", acting.actions),
    Route("/api/v1/drills", drills.drills),
    Route("/api/v1/drills", drills.begin, methods=["POST"]),
    Route("/api/v1/drills/stop", drills.stop, methods=["POST"]),
    Route("/api/v1/checks", api.checks),
    Route("/api/v1/checks/{name}/explanation", explanation.explanation),
    Route("/api/v1/alerts", api.alerts),
    Route("/api/v1/rota/{file}", rota.rota),
    Route("/api/v1/openapi.json", openapi),
]


def application(daemon: Daemon, access: Access) -> ASGIApp:
    """The ASGI application over a running daemon."""
    app = Starlette(routes=[*ROUTES, Mount("/static", STATIC)], exception_handlers=HANDLERS)
    app.state.daemon, app.state.access, app.state.aside = daemon, access, queues()
    return Guard(app, access.hosts, access.root)
