"""The leader does what was asked while nobody led: each kept request is answered by its own application, which looks at
its credentials as always."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from typing import Any
from urllib.parse import unquote

from watchtower.api.porch import Application, path_for_log
from watchtower.logs import log
from watchtower.store.kept_request import KeptRequest
from watchtower.store.store import Store

LOOK = 1.0
"""Seconds between two looks."""
ANSWER = 20.0
"""Seconds for one request."""
LATER: ContextVar[bool] = ContextVar("later", default=False)
"""Whether this is done for somebody who was told that it will be."""
GIVEN_UP, UNKNOWN = 900.0, 60.0
"""Seconds after which one that could not be done is dropped, and one about an incident that nobody knows."""


class KeptRequests:
    """Owned by the daemon's loop."""

    def __init__(self, store: Store, app: Application) -> None:
        self._store, self._app = store, app
        self._waits: set[int] = set()
        """Those that were told to have failed, which are tried again."""

    async def look(self) -> None:
        """Does all that are kept, actions first. Raises StoreError."""
        failed: list[int] = []
        while (found := await self._store.kept_request(failed)) is not None:
            id, age, request = found
            try:
                async with asyncio.timeout(ANSWER):
                    status = await answered(self._app, request)
            except TimeoutError:
                status = 504
            path = path_for_log(unquote(request.target.partition("?")[0]))
            told = {"path": path, "status": status, "age": round(age, 1), "keeper": request.keeper}
            # What it is about may have been told of by a leader that was cut off, and not be seen here yet.
            if age <= (UNKNOWN if status == 404 else GIVEN_UP if status >= 500 else 0.0):
                failed.append(id)
                if id not in self._waits:
                    self._waits.add(id)
                    log.warning("kept_request_failed", **told)
                continue
            (log.info if status < 400 else log.warning)("kept_request_done", **told)
            await self._store.drop_request(id)
            self._waits.discard(id)


def scope_of(request: KeptRequest) -> dict[str, Any]:
    """As it came, for an application."""
    path, _, query = request.target.partition("?")
    return {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": request.method, "root_path": "",
        "scheme": request.scheme, "client": request.client, "server": None, "extensions": {},
        "path": unquote(path), "raw_path": path.encode("latin-1"), "query_string": query.encode("latin-1"),
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in request.headers],
        # Whoever kept it has looked by which name it was asked.
        "state": {"peer": True, "kept": True},
    }  # fmt: skip


async def answered(app: Application, request: KeptRequest) -> int:
    """The status with which this application answers it."""
    coming = [{"type": "http.request", "body": request.body, "more_body": False}]
    status = 500

    async def receive() -> Any:
        return coming.pop() if coming else await asyncio.Event().wait()

    async def send(message: Any) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]

    later = LATER.set(True)
    try:
        await app(scope_of(request), receive, send)
    except Exception as error:  # noqa: BLE001 - the others are to be done all the same
        log.error("kept_request_crashed", error=f"{type(error).__name__}: {error}")
    finally:
        LATER.reset(later)
    return status
