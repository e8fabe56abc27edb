"""uvicorn's connection with bounds: nobody holds one without sending, without ending, or without reading the answer.

This overrides methods of uvicorn's `HttpToolsProtocol` that nobody promised to keep, so `pyproject.toml` holds uvicorn
to one minor version and `tests/web/test_listener.py` attacks the class on real sockets.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, Protocol

from watchtower.imports import UVICORN, hollow
from watchtower.logs import log

with hollow(*UVICORN):
    from uvicorn.config import Config
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
    from uvicorn.server import ServerState

CONNECTIONS, FROM_ONE_ADDRESS = 256, 128
"""Connections at once. When all are taken, the oldest without a request under way is closed for the new one."""
HEAD, BODY_PART, BODY, IDLE, UNREAD = 5.0, 5.0, 15.0, 10.0, 10.0
"""Seconds: for a request's head, between two parts of a body, for a whole body, between two requests, and until an
answer that does not fit into the kernel's buffers is read."""
LARGEST_BODY = 64 * 1024
LARGEST_WEBHOOK = 512 * 1024
"""Of other monitors' webhooks, which are read as a whole."""
ALERTS, LARGEST_ALERTS = "/api/v2/alerts", 4 * 1024 * 1024
"""Prometheus posts 64 alerts at once, each with whatever its annotations say."""
"""Bytes; web/guard.py refuses more."""
ROOM = 32 * 1024
"""Bytes of a head, and of everything around a body: chunk sizes, their extensions, trailers."""
PIECE = 4096
"""Bytes that are parsed at a time, so that what is too long is seen soon."""
QUEUED = 8
"""Requests that may wait behind the one that is being answered."""
ANSWERS = 16 * 1024 * 1024
"""Bytes of all answers together that may wait to be read."""
RESERVE = 64
"""File descriptors that stay free for pages, the store and the log."""
_SAID_EVERY = 60.0


class _Ends(Protocol):
    def abort(self) -> None: ...

    def get_write_buffer_size(self) -> int: ...


class HttpConnection(Protocol):
    """One that takes a place, also before its TLS handshake is done."""

    @property
    def transport(self) -> _Ends: ...

    @property
    def under_way(self) -> bool: ...


class Room:
    """All open connections, the oldest first. `descriptors` is the soft limit of open files."""

    def __init__(self, descriptors: int) -> None:
        self.most = min(CONNECTIONS, max(8, descriptors // 4))
        self.last_descriptor = descriptors - RESERVE
        self.open: dict[HttpConnection, str] = {}
        self.streams: set[Listener] = set()
        """Connections that hold an event stream. They are bounded by who serves it, and take nobody's place here."""
        self._addresses: Counter[str] = Counter()
        self._ended, self._said_at = 0, 0.0

    def enter(self, newcomer: HttpConnection, address: str, descriptor: int) -> None:
        """Adds a connection. Closes another one, or this one, where there would be too many."""
        self.open[newcomer] = address
        self._addresses[address] += 1
        if self._addresses[address] > min(FROM_ONE_ADDRESS, max(4, self.most // 2)):
            self._make_room(newcomer, lambda other: other == address)
        elif len(self.open) > self.most or descriptor >= self.last_descriptor:
            self._make_room(newcomer, lambda _: True)

    def leave(self, one: HttpConnection) -> None:
        address = self.open.pop(one, None)
        if address is not None:
            self._addresses[address] -= 1
            if not self._addresses[address]:
                del self._addresses[address]

    def streams_on(self, one: Listener) -> None:
        """This connection goes on as an event stream."""
        self.leave(one)
        self.streams.add(one)

    def end_streams(self) -> None:
        """Ends every event stream, because what it tells of ends; its page connects again."""
        for one in list(self.streams):
            one.end_stream()

    def unread(self) -> None:
        """Closes the connections with the most unread bytes, until the rest fits."""
        waiting = {one: one.transport.get_write_buffer_size() for one in (*self.open, *self.streams)}
        while sum(waiting.values()) > ANSWERS:
            worst = max(waiting, key=waiting.__getitem__)
            del waiting[worst]
            self._end(worst)

    def _make_room(self, newcomer: HttpConnection, among: Callable[[str], bool]) -> None:
        idle = (
            one
            for one, address in self.open.items()
            if one is not newcomer and among(address) and not one.under_way
        )
        self._end(next(idle, newcomer))

    def _end(self, one: HttpConnection) -> None:
        self.leave(one)
        one.transport.abort()
        self._ended += 1
        if time.monotonic() - self._said_at > _SAID_EVERY:
            self._said_at = time.monotonic()
            log.warning("web_connections_ended", count=self._ended, open=len(self.open))
            self._ended = 0


def largest_body(path: str) -> int:
    """Bytes that a request to this path may send. The path of WATCHTOWER_BASE_URL may stand before it."""
    if path.endswith((ALERTS, "/api/v1/observations")):
        return LARGEST_ALERTS
    return LARGEST_WEBHOOK if "/in/" in path else LARGEST_BODY


class Listener(HttpToolsProtocol):
    """One connection. A timer runs whenever the visitor must send or read; when it ends, the connection is closed."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        room: Room,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.room = room
        self._timer: asyncio.TimerHandle | None = None
        self._reading: asyncio.TimerHandle | None = None
        self._around = self._body = 0
        self._idle = self._complete = False
        self._body_until = 0.0

    @property
    def under_way(self) -> bool:
        """True while a request that has arrived whole is being answered."""
        return self._complete and not self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait(HEAD)
        own = transport.get_extra_info("socket")
        self.room.enter(self, self.client[0] if self.client else "", own.fileno() if own else 0)

    def connection_lost(self, exc: Exception | None) -> None:
        self.room.leave(self)
        self.room.streams.discard(self)
        self._wait(None)
        self._read_within(None)
        super().connection_lost(exc)
        self.let_go()

    def let_go(self) -> None:
        """Opens the circles in which this holds itself, so that it ends without the collector, which leaves a burst out."""
        self.parser = self.scope = self.cycle = None  # type: ignore[assignment]  # nothing is asked of it any more
        self.pipeline.clear()

    def data_received(self, data: bytes) -> None:
        if self._idle:
            self._wait(HEAD)
        for start in range(0, len(data), PIECE):
            if self.transport.is_closing() or self._too_large:
                return
            piece = data[start : start + PIECE]
            self._around += len(piece)
            super().data_received(piece)
            if self._around > ROOM and not self.transport.is_closing():
                self.send_400_response("The request's head is too large.")

    @property
    def _too_large(self) -> bool:
        """The guard says so in its answer; what else comes is dropped."""
        if self._body <= LARGEST_BODY or self._body <= largest_body(self.scope["path"]):
            return False
        if self.cycle.response_complete:
            self.transport.close()
        else:
            self.cycle.keep_alive = False
        return True

    def on_message_begin(self) -> None:
        if len(self.pipeline) >= QUEUED:
            raise ValueError("too many requests at once")  # the parser passes it on, and the answer is 400
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self.scope["extensions"] = {"watchtower.stream": {"begin": lambda: self.room.streams_on(self)}}
        self._around = self._body = 0
        self._complete = False
        self._body_until = self.loop.time() + BODY
        self._wait(BODY_PART)

    def on_body(self, body: bytes) -> None:
        self._around -= len(body)
        self._body += len(body)
        self._wait(min(BODY_PART, self._body_until - self.loop.time()))
        super().on_body(body)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._around, self._complete = 0, True
        self._next()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._unset_keepalive_if_required()
        if self.transport.is_closing():
            self._read_within(UNREAD)  # a close waits until everything is read
        elif self._complete:
            self._next()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._read_within(UNREAD)
        self.room.unread()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._read_within(None)

    def end_stream(self) -> None:
        """Ends the answer, and tells the application that its reader is gone."""
        self.cycle.disconnected = True
        self.cycle.message_event.set()
        self.transport.write(b"0\r\n\r\n")
        self.transport.close()
        self._read_within(UNREAD)

    def _next(self) -> None:
        """The request is here: either it is being answered, or another one may come."""
        if self.cycle.response_complete:
            self._wait(IDLE, idle=True)
        else:
            self._wait(None)

    def _wait(self, seconds: float | None, *, idle: bool = False) -> None:
        self._idle = idle
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if seconds is None else self.loop.call_later(max(0.0, seconds), self._late)

    def _read_within(self, seconds: float | None) -> None:
        if self._reading is not None:
            self._reading.cancel()
        self._reading = None if seconds is None else self.loop.call_later(seconds, self.transport.abort)

    def _late(self) -> None:
        if self.transport.get_write_buffer_size():
            self._read_within(UNREAD)
            self.transport.close()
        else:
            self.transport.abort()
