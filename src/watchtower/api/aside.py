"""Makes large answers beside the event loop: in one thread, one after the other, with a short queue.

So a board of a thousand incidents holds up no page, and thirty that ask for all lessons at once take the memory of one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TypeVar

from starlette.requests import Request

from watchtower.api.contract import RunningDaemon, Status
from watchtower.api.responses import ApiError
from watchtower.values import replace

T = TypeVar("T")
WAITING = 16
"""Requests that may wait for their turn; a later one gets 503."""


class Aside:
    """A queue for large answers."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="aside")
        self._lock, self._inside = asyncio.Lock(), 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Holds a turn, for answers that read much before they render. Raises ApiError (503) when too many wait."""
        if self._inside > WAITING:
            hint = "ask again in a second"
            raise ApiError(
                503, "too much is asked for at once", hint, headers={"Retry-After": "1"}, kind="busy"
            )
        self._inside += 1
        try:
            async with self._lock:
                yield
        finally:
            self._inside -= 1

    async def work(self, made: Callable[[], T]) -> T:
        """Runs `made` in the thread. It may read frozen values only."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, made)


def queues() -> tuple[Aside, Aside]:
    """A queue for all requests, and one for the links in pages, which wait for no others."""
    return Aside(), Aside()


async def aside(request: Request, made: Callable[[], T]) -> T:
    """Returns the result of `made`, in its turn."""
    queue: Aside = request.app.state.aside[request.url.path.startswith(("/ack/", "/l/"))]
    async with queue.turn():
        return await queue.work(made)


def standing(daemon: RunningDaemon) -> Status:
    """The status, copied for another thread, because the engine goes on changing the newest observations."""
    status = daemon.status()
    return replace(status, last=dict(status.last))
