"""Every address of the daemon, as one list."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from watchtower.api import (
    actions,
    drills,
    explain_check,
    explain_severity,
    incidents,
    operations,
    push,
    review,
    rota,
)
from watchtower.api import (
    brief as api_brief,
)
from watchtower.api.aside import queues
from watchtower.api.auth import Access
from watchtower.api.contract import Daemon
from watchtower.web import ack, action_forms, board, brief, review_page
from watchtower.web.errors import HANDLERS
from watchtower.web.guard import Guard

_HERE = Path(str(files("watchtower.web")))


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
    Route("/incidents/{id}/do/{action}", action_forms.do_by_form, methods=["POST"]),
    Route("/ack/{token}", ack.ask),
    Route("/ack/{token}", ack.acknowledge, methods=["POST"]),
    *operations.BARE_ROUTES,
    Route("/-/reload", operations.reload, methods=["POST"]),
    Route("/push/{check}", push.push, methods=["POST"]),
    Route("/api/v1/status", operations.status),
    Route("/api/v1/incidents", incidents.incidents),
    Route("/api/v1/incidents/{id}", incidents.incident),
    Route("/api/v1/incidents/{id}/brief", api_brief.brief_answer),
    Route("/api/v1/incidents/{id}/explanation", explain_severity.explanation),
    Route("/api/v1/incidents/{id}/drafts/{audience}", api_brief.draft_answer),
    Route("/api/v1/incidents/{id}/review", review.review_answer),
    Route("/api/v1/incidents/{id}/review", review.review_import, methods=["POST"]),
    Route("/api/v1/lessons", review.lessons_answer),
    Route("/api/v1/report", review.report_answer),
    Route("/api/v1/incidents/{id}/ack", incidents.acknowledge, methods=["POST"]),
    Route("/api/v1/incidents/{id}/resolve", incidents.resolve, methods=["POST"]),
    Route("/api/v1/incidents/{id}/do/{action}", actions.do, methods=["POST"]),
    Route("/api/v1/actions", actions.actions),
    Route("/api/v1/drills", drills.drills),
    Route("/api/v1/drills", drills.begin, methods=["POST"]),
    Route("/api/v1/drills/stop", drills.stop, methods=["POST"]),
    Route("/api/v1/checks", incidents.checks),
    Route("/api/v1/checks/{name}/explanation", explain_check.explanation),
    Route("/api/v1/alerts", incidents.alerts),
    Route("/api/v1/rota/{file}", rota.rota),
    Route("/api/v1/openapi.json", operations.openapi),
]


def application(daemon: Daemon, access: Access) -> ASGIApp:
    """The ASGI application over a running daemon."""
    app = Starlette(routes=[*ROUTES, Mount("/static", STATIC)], exception_handlers=HANDLERS)
    app.state.daemon, app.state.access, app.state.aside = daemon, access, queues()
    return Guard(app, access.hosts, access.root)
