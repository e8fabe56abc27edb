"""The fleet: an event loop's door to the thread that fetches."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
import time
from collections import deque
from collections.abc import Callable

from watchtower.curl.engine import CurlEngine
from watchtower.curl.exchange import FetchError, Request, Response
from watchtower.curl.handle import Transfer
from watchtower.curl.redirects import follow


class CurlFleet:
    """Fetches for one event loop. `start` once, `fetch` as often as liked, `stop` at the end.

    At most `max_in_flight` requests run at once; others wait, their timeout running. `on_death` is called in
    the event loop when the thread dies of an error (never at `stop`); all waiting `fetch` calls fail then.
    """

    def __init__(
        self, *, max_in_flight: int = 2000, on_death: Callable[[BaseException], None] | None = None
    ) -> None:
        self._max_in_flight = max_in_flight
        self._on_death = on_death
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._inbox: deque[Transfer] = deque()
        self._cancelled: deque[Transfer] = deque()
        self._pipe: tuple[int, int] | None = None
        self._wake_due = False
        self._stopping = False
        self._refuse = "the fleet is not started"

    # ---- in the event loop -------------------------------------------------------------------------------

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start the thread; answers are delivered in `loop`."""
        if self._thread is not None:
            raise RuntimeError("a CurlFleet starts once")
        self._loop = loop
        self._pipe = pipe = os.pipe()
        os.set_blocking(pipe[0], False)
        os.set_blocking(pipe[1], False)
        self._refuse = ""
        self._thread = threading.Thread(
            target=self._run,
            args=(CurlEngine(self._max_in_flight), loop, pipe[0]),
            name="curl-fleet",
            daemon=True,
        )
        self._thread.start()

    def stop(self) -> None:
        """End the thread; requests in flight fail with `stopped`. Safe to call twice."""
        thread, self._stopping = self._thread, True
        if thread is None:
            return
        self._refuse = self._refuse or "the fleet has stopped"
        self._wake()
        thread.join()
        self._close_pipe()

    async def fetch(self, request: Request) -> Response:
        """The answer to this request, or FetchError. Cancelling the caller ends the transfer."""
        return await follow(self._fetch, request) if request.follow_redirects else await self._fetch(request)

    async def _fetch(self, request: Request) -> Response:
        if self._refuse or self._loop is None:
            raise FetchError("stopped", self._refuse)
        transfer = Transfer(request, self._loop.create_future(), time.monotonic() + request.timeout)
        self._inbox.append(transfer)
        if not self._wake_due:
            # Not at once: the other checks of this slot are about to submit theirs.
            self._wake_due = True
            self._loop.call_soon(self._wake)
        try:
            return await transfer.future
        except asyncio.CancelledError:
            self._cancelled.append(transfer)
            self._wake()
            raise

    def _wake(self) -> None:
        self._wake_due = False
        if self._pipe is not None:
            with contextlib.suppress(BlockingIOError):  # full of wake-ups: one of them will do
                os.write(self._pipe[1], b"\0")

    def _close_pipe(self) -> None:
        """In the loop's thread, once the other has ended: nobody may write to a number that is used anew."""
        if self._pipe is not None:
            pipe, self._pipe = self._pipe, None
            os.close(pipe[0])
            os.close(pipe[1])

    @staticmethod
    def _deliver(ended: list[Transfer]) -> None:
        for transfer in ended:
            if transfer.future.done():
                continue
            if isinstance(transfer.result, Response):
                transfer.future.set_result(transfer.result)
            else:
                transfer.future.set_exception(transfer.result or FetchError("internal", "no result"))

    def _buried(self, cause: BaseException | None, lost: list[Transfer]) -> None:
        """The thread has ended: say so to everyone who waits."""
        self._close_pipe()
        lost += self._inbox
        self._inbox.clear()
        for transfer in lost:
            transfer.result = FetchError("stopped", self._refuse)
        self._deliver(lost)
        if cause is not None and self._on_death is not None:
            self._on_death(cause)

    # ---- in the thread -----------------------------------------------------------------------------------

    def _run(self, engine: CurlEngine, loop: asyncio.AbstractEventLoop, wake: int) -> None:
        cause: BaseException | None = None
        try:
            self._serve(engine, loop, wake)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the loop must hear of it
            cause = error
            self._refuse = f"the curl thread has died: {type(error).__name__}: {error}"
        lost = engine.close()
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(self._buried, cause, lost)

    def _serve(self, engine: CurlEngine, loop: asyncio.AbstractEventLoop, wake: int) -> None:
        engine.watch(wake)
        while not self._stopping:
            if engine.wait(wake):
                # Drain before looking, so that a later wake-up is never lost.
                with contextlib.suppress(BlockingIOError):
                    os.read(wake, 4096)
            while self._inbox:
                engine.waiting.append(self._inbox.popleft())
            while self._cancelled:
                engine.cancel(self._cancelled.popleft())
            engine.turn()
            if engine.worth_a_wake_up:
                ended, engine.ended = engine.ended, []
                loop.call_soon_threadsafe(self._deliver, ended)
