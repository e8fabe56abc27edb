"""The addresses of the daemon: pages for people, and the API for programs."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from watchtower.api import routes
from watchtower.api.aside import queues
from watchtower.api.auth import Access
from watchtower.api.board import BoardDaemon
from watchtower.web import (
    account,
    action_forms,
    check,
    incident,
    link,
    report,
    review,
    sign_in,
    silences,
    status_page,
    subscribe,
)
from watchtower.web.board import page as board
from watchtower.web.board.live import STREAM, Live
from watchtower.web.errors import HANDLERS
from watchtower.web.guard import GuardMiddleware
from watchtower.web.lists import (
    audit,
    changes,
    configuration,
    declare,
    drills,
    incidents,
    responders,
    schedule,
)

_HERE = Path(str(files("watchtower.web")))


class _Static(StaticFiles):
    """Static files. Browsers keep them for a year, because each address carries a digest of the content."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


STATIC = _Static(directory=_HERE / "static")

ROUTES = [
    Route("/", board.show),
    Route("/incidents", incidents.show),
    Route("/live", STREAM, methods=["GET"]),
    Route("/incidents/{id}", incident.show),
    Route("/incidents/{id}/review", review.show),
    Route("/report", report.show),
    Route("/checks/{name}", check.show_check),
    Route("/flows/{name}", check.show_flow),
    Route("/incidents/{id}/ack", incident.acknowledge, methods=["POST"]),
    Route("/incidents/{id}/do/{action}", action_forms.do_by_form, methods=["POST"]),
    Route("/l/{code}", link.by_code),
    Route("/ack/{token}", link.show),
    Route("/ack/{token}/review", link.show_review),
    Route("/ack/{token}/do/{action}", link.show),
    Route("/ack/{token}/do/{action}", link.act, methods=["POST"]),
    Route("/silences", silences.show),
    Route("/silences", silences.begin, methods=["POST"]),
    Route("/silences/{id}/expire", silences.end, methods=["POST"]),
    Route("/signin", sign_in.show),
    Route("/signin", sign_in.by_password, methods=["POST"]),
    Route("/signin/provider", sign_in.to_provider),
    Route("/signin/return", sign_in.from_provider),
    Route("/welcome/{code}", sign_in.welcome),
    Route("/welcome/{code}", sign_in.set_password, methods=["POST"]),
    Route("/signout", sign_in.sign_out, methods=["POST"]),
    Route("/account", account.show),
    Route("/account/{what}", account.act, methods=["POST"]),
    Route("/audit", audit.show),
    Route("/status", status_page.show),
    Route("/status/feed.xml", status_page.feed),
    Route("/status/subscribe", subscribe.ask, methods=["POST"]),
    Route("/status/confirm/{token}", subscribe.confirm, methods=["GET", "POST"]),
    Route("/status/unsubscribe/{token}", subscribe.unsubscribe, methods=["GET", "POST"]),
    Route("/declare", declare.show),
    Route("/declare", declare.send, methods=["POST"]),
    Route("/changes", changes.show),
    Route("/changes", changes.send, methods=["POST"]),
    Route("/responders", responders.show),
    Route("/responders", responders.send, methods=["POST"]),
    Route("/drills", drills.show),
    Route("/drills", drills.begin, methods=["POST"]),
    Route("/drills/stop", drills.stop, methods=["POST"]),
    Route("/schedule", schedule.show),
    Route("/schedule", schedule.override, methods=["POST"]),
    Route("/schedule/end", schedule.end, methods=["POST"]),
    Route("/configuration", configuration.show),
    Route("/configuration", configuration.reload, methods=["POST"]),
    *routes.ROUTES,
]


def application(daemon: BoardDaemon, access: Access) -> ASGIApp:
    """Returns the ASGI application of a running daemon."""
    asides = queues()
    app = Starlette(routes=[*ROUTES, Mount("/static", STATIC)], exception_handlers=HANDLERS)
    app.state.daemon, app.state.access, app.state.aside = daemon, access, asides
    app.state.live = Live(daemon, asides[0])
    return GuardMiddleware(app, access)
