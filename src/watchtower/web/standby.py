"""The answers of a daemon that does not lead: its health and role are its own, everything else is the leader's. While
nobody leads, acknowledgements, other actions and what programs push are kept for the next leader."""

from __future__ import annotations

import re

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from watchtower.api import operations, routes, work
from watchtower.api.auth import Access
from watchtower.api.contract import StandingBy
from watchtower.api.responses import JsonAnswer
from watchtower.logs import log
from watchtower.model import Text
from watchtower.store.kept_request import KeptRequest
from watchtower.web.app import STATIC
from watchtower.web.errors import HANDLERS, is_page, refusal
from watchtower.web.guard import OFTEN, GuardMiddleware
from watchtower.web.locale import visitor
from watchtower.web.pages import error_page
from watchtower.web.passing import HEAD, KEPT_HEAD, Unreached, relay
from watchtower.web.peers import HEADER, ROLE, taking, target

UNREACHED = Text("This daemon stands by, and does not reach the leader", "本实例为备用，无法连接当前主实例")
NOBODY = Text("This daemon stands by, and nobody leads", "本实例为备用，目前没有主实例")
WAITS = Text("This daemon waits for its store", "本实例正在等待存储恢复")
UNKNOWN = Text(
    "The leader has not answered: it may have done it, or not", "主实例未响应：操作可能已执行，也可能没有"
)
KEPT = Text(
    "The leader does not answer. This is kept, and whoever leads next does it within seconds",
    "主实例未响应。请求已保存，下一个主实例将在数秒内处理",
)
AGAIN = "3"
"""Seconds until it is worth asking again: about as long as it takes another daemon to take over."""
_KEPT = re.compile(
    r"(?:/ack/[^/]+/do|/incidents/[^/]+/(?:ack|do)|/api/v1/incidents/[^/]+/(?:ack|resolve|do)"
    r"|/push|/in|/callbacks|/api/v2/alerts|/api/v1/changes)(?:/|$)"
)
"""What may be done later and, where its answer was lost, twice."""
_EVERY = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def kept_of(scope: Scope, body: bytes, keeper: str) -> KeptRequest | None:
    """The request, to be done later; None where it must not be."""
    if scope["method"] != "POST" or not _KEPT.match(scope["path"]):
        return None
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"])
    return KeptRequest(
        "POST", target(scope).decode("latin-1"), headers, body, tuple(scope["client"] or ("", 0)), scope["scheme"],
        keeper, scope["path"].startswith(OFTEN),
    )  # fmt: skip


class Elsewhere:
    """Passes a request on to the leader."""

    def __init__(self) -> None:
        self._said = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        body = await request.body()
        daemon: StandingBy = scope["app"].state.daemon
        sent, leader = False, daemon.leader()
        if HEADER.decode() in request.headers:
            # Another daemon takes us for the leader, or the leader's address leads back to us.
            answer = refusal(request, 503, "this daemon does not lead", kind="standby")
            answer.headers[ROLE.decode()] = "standby"
            await answer(scope, receive, send)
            return
        kept = kept_of(scope, body, daemon.name)
        if leader is not None:
            try:
                passed = await leader.ask(scope, body, HEAD if kept is None else KEPT_HEAD)
            except Unreached as error:
                sent = error.sent
                self._say(leader.url, str(error))
            else:
                self._said = ""
                await relay(passed, scope, receive, send)
                return
        answer = await self._kept(request, kept) or self._refused(request, leader is not None, sent)
        await answer(scope, receive, send)

    def _say(self, url: str, why: str) -> None:
        if self._said != f"{url} {why}":
            self._said = f"{url} {why}"
            log.warning("leader_unreached", url=url, error=why, hint="WATCHTOWER_PEER_URL of the leader")

    async def _kept(self, request: Request, kept: KeptRequest | None) -> Response | None:
        if kept is None or not await request.app.state.daemon.keep(kept):
            return None
        what = visitor(request).say(KEPT)
        if is_page(request.url.path):
            return error_page(request, 202, what)
        return JsonAnswer({"kept": True, "detail": what}, 202)

    def _refused(self, request: Request, known: bool, sent: bool) -> Response:
        daemon: StandingBy = request.app.state.daemon
        reads = request.method in ("GET", "HEAD", "OPTIONS")
        what = (
            WAITS if daemon.ready() else NOBODY if not known else UNREACHED if reads or not sent else UNKNOWN
        )
        hint, leader = "ask the leader, or again in some seconds", daemon.standing().leader_url
        answer = refusal(request, 503, visitor(request).say(what), hint, kind="standby", leader=leader)
        answer.headers["Retry-After"] = AGAIN
        if reads and is_page(request.url.path):
            answer.headers["Refresh"] = AGAIN
        return answer


def application(daemon: StandingBy, access: Access) -> ASGIApp:
    """The ASGI application of a daemon that stands by, or that waits for its store."""
    app = Starlette(
        routes=[
            *operations.BARE_ROUTES,
            Route("/api/v1/status", operations.status),
            Route("/api/v1/work", work.work, methods=["POST"]),
            Route("/api/v1/observations", work.observations, methods=["POST"]),
            Route("/api/v1/openapi.json", routes.openapi),
            Mount("/static", STATIC),
            Route("/{path:path}", Elsewhere(), methods=_EVERY),
        ],
        exception_handlers=HANDLERS,
    )
    app.state.daemon, app.state.access = daemon, access
    return taking(GuardMiddleware(app, access), daemon)
