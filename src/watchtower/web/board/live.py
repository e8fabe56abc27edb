"""The board live, by server-sent events: the newest frame only, and no queue a viewer.

A part of the board that changed has the number of the frame in which it did. A viewer that comes, or that was slow, gets
the parts whose numbers are above its own.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from zlib import crc32

from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from watchtower.api.aside import Aside
from watchtower.api.board import BoardDaemon
from watchtower.api.contract import Status
from watchtower.api.parameters import read_by
from watchtower.api.responses import ApiError
from watchtower.model import Instant
from watchtower.web.board.flows import Drawings
from watchtower.web.board.page import Board, render
from watchtower.web.guard import client
from watchtower.web.locale import Visitor, visitor

EVERY, SHARE, RARELY = 1.0, 20.0, 4.0
"""Seconds between two frames at least, how many times as long as one takes to make, and seconds at most."""
BEAT = 15.0
"""Seconds without news after which a viewer gets a sign of life: proxies close what is silent for a minute."""
VIEWERS, FROM_ONE_ADDRESS = 400, 200
SLICE, PAUSE = 50, 0.005
"""Viewers that are woken at once, and seconds until the next of them are."""
_WORDS = re.compile(r"(<time [^>]*>)[^<]*|<small class=\"now\">.*?</small>", re.DOTALL)
_HEADERS = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"x-accel-buffering", b"no"),
    (b"connection", b"close"),
)
Key = tuple[str, bool, str]
"""Language, whether links keep it, and the path of the base URL."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A board with the number of the frame in which each part became what it is."""

    number: int
    status: Status
    board: Board
    numbers: Mapping[str, int]
    made_at: float
    order: int
    _since: dict[int, bytes] = field(default_factory=dict, compare=False)

    def now(self) -> Instant:
        """The daemon's time. Its status looks at every open incident: that is not for each viewer."""
        return self.status.at + time.monotonic() - self.made_at

    def since(self, number: int) -> bytes:
        """The event for a viewer who has this frame; empty where nothing changed."""
        known = self._since.get(number)
        if known is None:
            parts = {name: self.board.parts[name] for name, at in self.numbers.items() if at > number}
            said: dict[str, object] = {"at": round(self.status.at * 1000.0)}
            said |= {
                "frame": self.number,
                "order": self.order,
                "title": self.board.title,
                "icon": self.board.icon,
            }
            text = json.dumps({**said, "parts": parts}, ensure_ascii=False, separators=(",", ":"))
            known = self._since[number] = f"data: {text}\n\n".encode("utf-8", "replace") if parts else b""
        return known


class Live:
    """One for the application. It works only while somebody looks."""

    def __init__(self, daemon: BoardDaemon, queue: Aside) -> None:
        self._daemon, self._queue = daemon, queue
        self.drawings = Drawings()
        self._frames: dict[Key, Frame] = {}
        self._making: dict[Key, asyncio.Task[Frame]] = {}
        self._viewers: dict[asyncio.Event, tuple[Key, Visitor, str]] = {}
        self._addresses: Counter[str] = Counter()
        self._working: asyncio.Task[None] | None = None
        self._took = 0.0

    async def frame(self, who: Visitor) -> Frame:
        """The newest frame, made anew where it is older than a second: once, however many ask. Raises ApiError (503) when
        too much is asked for beside it."""
        key = _key(who)
        known = self._frames.get(key)
        if known is not None and time.monotonic() - known.made_at < EVERY:
            return known
        making = self._making.get(key)
        if making is None:
            making = self._making[key] = asyncio.create_task(self._make(key, who))
            making.add_done_callback(lambda _: self._making.pop(key))
        return await asyncio.shield(making)

    async def _make(self, key: Key, who: Visitor) -> Frame:
        async with self._queue.turn():
            began, before, state = time.monotonic(), self._frames.get(key), self._daemon.board()
            made = await self._queue.work(
                lambda: _frame(before, state.status, render(who, state, drawings=self.drawings))
            )
            self._frames[key] = made
            self._took = time.monotonic() - began
            return made

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The stream, as a plain ASGI application: a viewer that is slow to read is ended by the listener."""
        request = Request(scope, receive)
        read_by(request)
        who, address = visitor(request), client(request)
        if len(self._viewers) >= VIEWERS or self._addresses[address] >= FROM_ONE_ADDRESS:
            raise ApiError(503, "too many boards are open", "the page asks every few seconds instead")
        if stream := scope.get("extensions", {}).get("watchtower.stream"):
            stream["begin"]()
        given = request.query_params.get("frame", "")
        news = asyncio.Event()
        self._viewers[news] = _key(who), who, address
        self._addresses[address] += 1
        gone = asyncio.create_task(_gone(receive, news))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": list(_HEADERS)})
            await self._serve(
                request, int(given) if given.isdigit() and len(given) < 20 else 0, news, gone, send
            )
        except OSError:  # the visitor left while it was being written
            pass
        finally:
            gone.cancel()
            self._addresses[address] -= 1
            del self._viewers[news]

    async def _serve(
        self, request: Request, number: int, news: asyncio.Event, gone: asyncio.Task[None], send: Send
    ) -> None:  # fmt: skip
        who = self._viewers[news][1]
        await self.frame(who)
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._work(), name="board")
        event = b": \n\n"
        while not gone.done() and _may_read(request):
            frame = self._frames[_key(who)]
            if time.monotonic() - frame.made_at > 2 * BEAT:
                break  # a board that is not made any more must not look alive
            event = frame.since(number) or event
            number = frame.number
            if event:
                await send({"type": "http.response.body", "body": event, "more_body": True})
            news.clear()
            event = b""
            if self._frames[_key(who)] is frame:
                try:
                    async with asyncio.timeout(BEAT):
                        await news.wait()
                except TimeoutError:
                    event = b"event: beat\ndata: %d\n\n" % (self._frames[_key(who)].now() * 1000.0)
        with suppress(OSError):
            await send({"type": "http.response.body", "body": b""})

    async def _work(self) -> None:
        """Makes frames in every language that somebody looks at, and wakes whom they are for."""
        while self._viewers:
            await asyncio.sleep(min(RARELY, max(EVERY, SHARE * self._took)))
            for key, who in {key: who for key, who, _ in self._viewers.values()}.items():
                before = self._frames.get(key)
                with suppress(ApiError):  # too much is asked for at once: the next time, then
                    frame = await self.frame(who)
                    if before is None or frame.number != before.number:
                        await self._wake(key)
        self._frames.clear()

    async def _wake(self, key: Key) -> None:
        mine = [news for news, (other, _, _) in self._viewers.items() if other == key]
        for start in range(0, len(mine), SLICE):
            for news in mine[start : start + SLICE]:
                news.set()
            await asyncio.sleep(PAUSE)


def _may_read(request: Request) -> bool:
    """Whether they still may: who signed out, or lost the right, sees nothing more."""
    request.scope["state"].pop("caller", None)  # who asks is looked up anew
    try:
        read_by(request)
    except ApiError:
        return False
    return True


class Stream:
    """The route of the stream; the application holds who serves it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await scope["app"].state.live(scope, receive, send)


STREAM = Stream()


async def _gone(receive: Receive, news: asyncio.Event) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    news.set()


def _key(who: Visitor) -> Key:
    return str(who.language), who.chosen, who.root


def _frame(before: Frame | None, status: Status, board: Board) -> Frame:
    """The next frame. The words of a time are no change: the page's script counts on by itself."""
    number = before.number + 1 if before is not None else int(time.time() * 1000.0)
    numbers = {}
    for name, html in board.parts.items():
        same = before is not None and _WORDS.sub(r"\1", before.board.parts.get(name, "\0")) == _WORDS.sub(
            r"\1", html
        )
        numbers[name] = before.numbers[name] if before is not None and same else number
    if (
        before is not None
        and all(at < number for at in numbers.values())
        and len(numbers) == len(before.numbers)
    ):
        number = before.number
    order = crc32("\n".join(board.parts).encode("utf-8", "replace"))
    return Frame(number, status, board, numbers, time.monotonic(), order)
