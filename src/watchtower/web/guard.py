"""The guard around every request. It checks the host, bounds requests and bodies, and adds safe headers to the answer."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from watchtower.api.auth import Access
from watchtower.api.porch import HEADERS, path_for_log
from watchtower.api.responses import ApiError
from watchtower.logs import log
from watchtower.outside_text import fit
from watchtower.web.errors import refusal
from watchtower.web.listener import largest_body

AT_ONCE = 32
"""Requests that may be answered at the same time. Those that a page or a probe depends on are not counted."""
ALWAYS = (
    "/healthz",
    "/readyz",
    "/metrics",
    "/ack/",
    "/l/",
    "/push/",
    "/callbacks/",
    "/live",
    "/api/v2/alerts",
    "/in/",
    "/api/v1/work",
    "/api/v1/observations",
)
_ANY_HOST = ("/healthz", "/readyz")
"""These answers hold nothing that a stranger's page could use, and probes ask by any host name."""
_SECRET = ("/ack/", "/l/", "/status/confirm/", "/status/unsubscribe/")
OFTEN = ("/push/", "/in/", "/api/v2/alerts", "/api/v1/work", "/api/v1/observations")
"""They come every few seconds, by themselves."""
_READS = ("GET", "HEAD", "OPTIONS")


class GuardMiddleware:
    """The middleware around the application. What it refuses never reaches a route."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self.app, self.hosts, self.root, self.audit = app, access.hosts, access.cookies.root, access.audit
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status = 500
        self._below_root(scope)

        async def safe(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in {**HEADERS, **_secret_address(scope["path"])}.items():
                    headers.setdefault(name, value)
            await send(message)

        request = Request(scope)
        no = self._refused(request)
        if no is not None:
            await no(scope, receive, safe)
            return
        counted = not request.url.path.startswith(ALWAYS)
        self._under_way += counted
        try:
            await self.app(scope, _bounded(scope, receive), safe)
        finally:
            self._under_way -= counted
        if scope["method"] not in _READS and not scope["path"].startswith(OFTEN):
            self._write_down(request, status)

    def _below_root(self, scope: Scope) -> None:
        """Removes the path of WATCHTOWER_BASE_URL, where the proxy in front has not."""
        scope.setdefault("state", {})["root"] = self.root
        path = scope["path"]
        if self.root and (path + "/").startswith(self.root + "/"):
            scope["path"] = path[len(self.root) :] or "/"

    def _write_down(self, request: Request, status: int) -> None:
        """Logs every change and every attempt, with the address it came from. `by` is who signed in, or the name that was
        given. What was done, and what was forbidden to somebody known, is in the audit log too."""
        by, path = request.scope.get("state", {}).get("by", ""), path_for_log(request.scope["path"])
        log.info(
            "http_change", method=request.method, path=path, status=status, by=by, client=client(request)
        )
        if self.audit and by and (status < 400 or status == 403):
            self.audit.note(by, f"{request.method} {path}", "", client(request), status)

    def _refused(self, request: Request) -> Response | None:
        path, query = request.scope["path"], request.scope["query_string"].decode("latin-1")
        if not fit(path) or "\n" in path or "\t" in path or not fit(unquote(query)):
            return refusal(
                request, 400, "the address holds a control character or a mark that turns text round"
            )
        known = path.startswith(_ANY_HOST) or request.scope["state"].get("peer")  # which has looked itself
        if not known and not self.hosts.known(request.headers.getlist("host")):
            log.warning("host_refused", host=request.headers["host"][:200], client=client(request))
            hint = "set WATCHTOWER_BASE_URL to how people reach it, or name it in WATCHTOWER_HOSTS"
            return refusal(request, 421, "watchtower is not known by this name", hint)
        if self._under_way >= AT_ONCE and not path.startswith(ALWAYS):
            busy = refusal(request, 503, "too many requests at once", "ask again in a second", kind="busy")
            busy.headers["Retry-After"] = "1"
            return busy
        return None


def client(request: Request) -> str:
    """Returns the address that asks; behind a trusted proxy (WATCHTOWER_TRUSTED_PROXIES), the one that the proxy names."""
    return request.client.host if request.client else ""


def _secret_address(path: str) -> Mapping[str, str]:
    """The address of a link is a credential: it is told to nobody."""
    return {"Referrer-Policy": "no-referrer"} if path.startswith(_SECRET) else {}


def _bounded(scope: Scope, receive: Receive) -> Receive:
    """Refuses a body that is larger, announced or not."""
    announced, largest = dict(scope["headers"]).get(b"content-length", b""), largest_body(scope["path"])
    taken = int(announced) if announced.isdigit() and int(announced) > largest else 0

    async def bounded() -> Message:
        nonlocal taken
        message = await receive() if taken <= largest else {}
        taken += len(message.get("body", b""))
        if taken > largest:
            hint = f"at most {largest} bytes"
            raise ApiError(413, "the body is too large", hint, headers={"Connection": "close"})
        return message

    return bounded
