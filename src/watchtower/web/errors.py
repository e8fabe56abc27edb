"""Error answers: one shape of JSON for programs, a page for people."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response

from watchtower.api.porch import path_for_log
from watchtower.api.problems import MEDIA_TYPE, problem_body
from watchtower.api.refusals import in_language
from watchtower.api.responses import ApiError, JsonAnswer
from watchtower.errors import StoreError
from watchtower.logs import log
from watchtower.web.locale import visitor
from watchtower.web.pages import error_page

PAGES = (
    "/incidents", "/ack/", "/l/", "/report", "/silences", "/declare", "/changes", "/responders", "/drills", "/configuration",
    "/status", "/schedule", "/checks/", "/flows/", "/signin", "/signout", "/welcome/", "/account", "/audit",
)  # fmt: skip
"""Below these paths, and at `/`, an error is a page."""


def refusal(request: Request, status: int, what: str, hint: str = "", **more: Any) -> Response:
    """Returns a problem (RFC 9457), or a page below PAGES; in the language that is asked for."""
    language = visitor(request).language
    if is_page(request.url.path):
        return error_page(request, status, in_language(what, language), in_language(hint, language))
    if request.scope["path"].startswith("/api/v2/"):  # Alertmanager's clients read a text
        return JsonAnswer(f"{what}: {hint}" if hint else what, status)
    headers = {"Content-Language": language.tag, "Vary": "Accept-Language"}
    body = problem_body(language, status, what, hint, **more)
    return JsonAnswer(body, status, headers, MEDIA_TYPE)


def is_page(path: str) -> bool:
    return path == "/" or path.startswith(PAGES)


def on_http_exception(request: Request, error: Exception) -> Response:
    """Answers an ApiError, and what the router refuses: an unknown path, a wrong method."""
    assert isinstance(error, HTTPException)
    hint, more = (
        (error.hint, error.more) if isinstance(error, ApiError) else (_HINTS.get(error.status_code, ""), {})
    )
    if error.status_code == 401 and _asks_for_a_page(request):
        return RedirectResponse(sign_in_path(request), 303)
    what = error.detail if isinstance(error, ApiError) else HTTPStatus(error.status_code).phrase.lower()
    response = refusal(request, error.status_code, what, hint, **more)
    response.headers.update(error.headers or {})
    return response


def _asks_for_a_page(request: Request) -> bool:
    """Whether a person asks, who can sign in: not a program, and not one with a wrong token."""
    wants = "text/html" in request.headers.get("accept", "") and "authorization" not in request.headers
    return request.method == "GET" and wants and is_page(request.url.path)


def sign_in_path(request: Request) -> str:
    """The address where they sign in, and from where they come back to this one."""
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return f"{visitor(request).root}/signin?{urlencode({'next': here})}"


_HINTS = {404: "see /api/v1/openapi.json for what there is", 405: "see the Allow header for the methods"}


def on_store_error(request: Request, error: Exception) -> Response:
    log.error("store_unavailable", path=path_for_log(request.url.path), error=str(error))
    return refusal(
        request, 503, "the store cannot be read or written", "see the daemon's log and /readyz", kind="store"
    )


def on_crash(request: Request, error: Exception) -> Response:
    """Answers a bug in watchtower. The server logs its text; the answer omits it, because it may hold a secret."""
    log.error("request_crashed", path=path_for_log(request.url.path))
    return refusal(request, 500, "an error inside watchtower", "see the daemon's log")


def on_disconnect(request: Request, error: Exception) -> Response:
    """Answers a client that has gone; nobody reads it."""
    return Response(status_code=400)


HANDLERS: Mapping[Any, Any] = {
    HTTPException: on_http_exception,
    StoreError: on_store_error,
    ClientDisconnect: on_disconnect,
    Exception: on_crash,
}
