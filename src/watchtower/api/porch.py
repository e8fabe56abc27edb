"""Answers what machines ask every few seconds without loading the application for people, which is loaded at
the first other request.

Starlette, the board, forms and the API cost a sidecar 4 MiB, and many a daemon is only ever scraped.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from watchtower.api.auth import Access
from watchtower.api.contract import Watching, is_ready
from watchtower.errors import Problem
from watchtower.model import AccessRole

Application = Callable[..., Awaitable[None]]
"""As ASGI has it."""

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    # No other site learns an address. Our own forms say where they are from.
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Headers of every answer that has none of its own."""


Answer = tuple[int, str, Sequence[bytes]]
"""Status, media type, body in pieces."""


def path_for_log(path: str) -> str:
    """The path without what opens a link."""
    hidden = ("/ack/", "/l/", "/callbacks/", "/welcome/", "/status/confirm/", "/status/unsubscribe/")
    return next((f"{one}…" for one in hidden if path.startswith(one)), path[:200])


async def healthz(daemon: Watching, known: bool) -> Answer:
    """The process is alive and its loop runs. Nothing else: a broken store is no reason to restart."""
    return 200, "text/plain; charset=utf-8", [b"ok\n"]


async def readyz(daemon: Watching, known: bool) -> Answer:
    """200 when the daemon watches and can page; else 503 with the reasons.

    A refused reload and a log that cannot be written are reported here, but leave it ready: the plan before is in force,
    and a sidecar that turns unready would take the product's own pod out of service for a typing error. Only who
    may read by a token gets names and paths.
    """
    reasons, role = list(daemon.ready()), daemon.standing().role
    status = daemon.status()
    told = [problem(each) for each in status.problems or status.held] if known else []
    plan = {"current": not (status.problems or status.held), "held": bool(status.held), "problems": told}
    shown = [r if known else word(r) for r in reasons]
    ready = is_ready(reasons)
    body = {"ready": ready, "role": role, "reasons": shown, "plan": plan}
    text = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return 200 if ready else 503, "application/json", [text.encode("utf-8", "replace")]


async def metrics(daemon: Watching, known: bool) -> Answer:
    pieces, kind = await daemon.metrics()
    return 200, kind, pieces


def word(reason: str) -> str:
    """The reason for strangers: the word, without names and paths that may follow it."""
    return re.split(r"[^a-z0-9_]", reason, maxsplit=1)[0]


BARE = {"/healthz": healthz, "/readyz": readyz, "/metrics": metrics}
"""Path -> what makes the answer; `known` says whether it is for somebody who may read."""

_PLAIN = re.compile(rb"[\w=&.,:;/+-]*")
"""A query in which nothing can hide."""


def problem(problem: Problem) -> Mapping[str, Any]:
    """A problem of the configuration as JSON."""
    return {
        "file": problem.file, "line": problem.line, "where": problem.where, "what": problem.what, "hint": problem.hint,
    }  # fmt: skip


class Porch:
    """The daemon's ASGI application. One event loop owns it."""

    def __init__(self, daemon: Watching, access: Access, behind: str = "watchtower.web.app") -> None:
        """`behind` is the module whose `application(daemon, access)` answers everything else."""
        self._daemon, self._access, self._behind = daemon, access, behind
        self._coming: asyncio.Future[Application] | None = None

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        made = await self._answer(scope) if scope["type"] == "http" else None
        if made is None:
            app = await self._whole()
            await app(scope, receive, send)
            return
        status, kind, pieces = made
        named = {**HEADERS, "Content-Type": kind, "Content-Length": str(sum(map(len, pieces)))}
        headers = [(name.lower().encode(), value.encode()) for name, value in named.items()]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        for piece in pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def _answer(self, scope: Mapping[str, Any]) -> Answer | None:
        """None when the whole application is to answer, which also reports errors."""
        bare = BARE.get(scope["path"])
        if (
            bare is None
            or scope["method"] not in ("GET", "HEAD")
            or not _PLAIN.fullmatch(scope["query_string"])
        ):
            return None
        headers: dict[bytes, list[str]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name, []).append(value.decode("latin-1"))
        if b"content-length" in headers or b"transfer-encoding" in headers:
            return None
        known = self._access.by_header(headers.get(b"authorization", [""])[0]).may(AccessRole.VIEW)
        if bare is metrics:
            if not known and not self._access.open_to(scope):
                return None
            if not self._access.hosts.known(headers.get(b"host", [])):
                return None
        try:
            return await bare(self._daemon, known)
        except Exception:  # noqa: BLE001 - the application asks once more, and tells what it was
            return None

    async def _whole(self) -> Application:
        """The whole application, imported in a thread when it is first needed, so that the loop goes on
        meanwhile."""
        if self._coming is None or (
            self._coming.done() and (self._coming.cancelled() or self._coming.exception())
        ):
            thread = ThreadPoolExecutor(1, thread_name_prefix="application")
            self._coming = asyncio.get_running_loop().run_in_executor(thread, self._come)
            thread.shutdown(wait=False)
        return await asyncio.shield(self._coming)

    def _come(self) -> Application:
        app: Application = importlib.import_module(self._behind).application(self._daemon, self._access)
        return app
