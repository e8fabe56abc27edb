"""A listener over a WebSocket: it reads, answers, pings, and notices a far side that has gone without a word."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from watchtower.channels.http_settings import CallSettings
from watchtower.channels.listening import Ear
from watchtower.channels.urls import host_of
from watchtower.errors import DeliveryError
from watchtower.logs import log

if TYPE_CHECKING:
    from watchtower.curl.websocket import WebSocket

Hear = Callable[[str | bytes], Awaitable[str | bytes | None]]
"""Takes a message and returns the answer to it, None for none. Raises ValueError, KeyError, … for what it cannot read."""
_AT_ONCE = 32
"""Messages that are answered at the same time."""
_UNREADABLE = (AttributeError, LookupError, TypeError, ValueError, RecursionError)


async def each_message(
    url: str,
    ear: Ear,
    hear: Hear,
    settings: CallSettings,
    *,
    ping: str | bytes | None = None,
    every: float,
    hello: str = "",
) -> None:
    """Opens `url` and hears each message until it is cancelled. Raises DeliveryError when the connection ends.

    `hello` is sent first. Each `every` seconds `ping` is sent, or a ping of WebSocket's own where that is None. A far side
    that says nothing for twice as long, not even to a ping, is gone.
    """
    # libcurl is loaded by who listens.
    from watchtower.curl.exchange import FetchError
    from watchtower.curl.websocket import WebSocket

    try:
        socket = await WebSocket.connect(
            url, timeout=settings.timeout, ca_file=settings.ca_file, proxy=settings.proxy.get_secret_value()
        )
        async with socket:
            if hello:
                await socket.send(hello)
            ear.connected()
            await _converse(socket, hear, ping, every)
    except FetchError as error:
        raise DeliveryError(error.reason, f"{host_of(url)}: {error.detail}") from None


async def _converse(socket: WebSocket, hear: Hear, ping: str | bytes | None, every: float) -> None:
    from watchtower.curl.exchange import FetchError

    room, answering = asyncio.Semaphore(_AT_ONCE), set[asyncio.Task[None]]()

    async def answer(message: str | bytes) -> None:
        try:
            said = await hear(message)
            if said is not None:
                await socket.send(said)
        except FetchError:  # whoever receives hears of it, too
            pass
        except _UNREADABLE as error:  # another kind of message than ours: the next one may be a press
            log.warning("listener_unreadable", error=type(error).__name__)
        finally:
            room.release()

    loop = asyncio.get_running_loop()
    due = loop.time() + every
    try:
        while True:
            try:
                async with asyncio.timeout_at(due):
                    message = await socket.receive()
            except TimeoutError:
                if loop.time() - socket.heard > 2 * every:
                    raise DeliveryError("silent", f"nothing was said for {2 * every:g} s") from None
                await (socket.ping() if ping is None else socket.send(ping))
                due = loop.time() + every
                continue
            await room.acquire()
            task = asyncio.create_task(answer(message))
            answering.add(task)
            task.add_done_callback(answering.discard)
    finally:
        for task in answering:
            task.cancel()
