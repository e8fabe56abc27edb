"""Clients that hold connections, in a process of their own: `python -m tests.acceptance.crowd PORT SLOW IDLE PAUSE ADDRESS…`.

Each comes again a while after it was closed. On SIGTERM it prints as JSON how many connections it opened, and how many it
was refused.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import random
import signal
import socket
import ssl
import sys
from collections import Counter
from dataclasses import dataclass
from typing import Any

import uvloop

from tests.acceptance.process import TOKEN

HOST = b" HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " + TOKEN.encode() + b"\r\n"
PUSH = b"POST /push/orders" + HOST
LARGE = b"GET /static/uPlot.iife.min.js" + HOST + b"\r\n"
EVERY = 1.0
"""Seconds between two bytes."""
LONGEST = 15.0
"""Seconds after which a client gives up by itself that nobody closes."""


@dataclass(frozen=True, slots=True)
class Habit:
    """Says `first`, and then a byte now and then. `shakes`: after a handshake of TLS. `reads`: what is answered."""

    first: bytes = b""
    then: bytes = b""
    shakes: bool = True
    reads: bool = True


SLOW = (
    Habit(b"GET /", b"a"),
    Habit(b"GET /" + HOST + b"X-Long: ", b"a"),
    Habit(PUSH + b"Content-Length: 900\r\n\r\n", b" "),
    Habit(PUSH + b"Transfer-Encoding: chunked\r\n\r\n384\r\n", b" "),
    Habit(LARGE * 8, reads=False),
)
IDLE = (
    Habit(shakes=False),
    Habit(b"\x16\x03\x01\x02", b"\x00", shakes=False),
    Habit(),
    Habit(b"GET /healthz" + HOST + b"\r\n"),
)


class Crowd:
    def __init__(self, port: int, pause: float) -> None:
        self.port, self.pause = port, pause
        self.context = ssl.create_default_context()
        self.context.check_hostname, self.context.verify_mode = False, ssl.CERT_NONE
        self.chance, self.counts = random.Random(7), Counter[str]()

    async def again_and_again(self, habit: Habit, address: str) -> None:
        while True:
            await asyncio.sleep(self.pause * self.chance.uniform(0.0, 2.0))
            try:
                async with asyncio.timeout(LONGEST):
                    await self.once(habit, address)
            except (OSError, TimeoutError, asyncio.IncompleteReadError):
                self.counts["refused"] += 1

    async def once(self, habit: Habit, address: str) -> None:
        own = socket.socket()
        own.setblocking(False)
        own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        own.bind((address, 0))
        try:
            await asyncio.get_running_loop().sock_connect(own, ("127.0.0.1", self.port))
            shaken: Any = {"ssl": self.context, "server_hostname": "127.0.0.1"} if habit.shakes else {}
            reader, writer = await asyncio.open_connection(sock=own, limit=1024, **shaken)
        except BaseException:
            own.close()
            raise
        self.counts["opened"] += 1
        try:
            writer.write(habit.first)
            while habit.reads and not reader.at_eof():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(reader.read(65536), EVERY)
                writer.write(habit.then)
            await asyncio.sleep(0.0 if habit.reads else LONGEST)
        finally:
            writer.transport.abort()


async def main(port: str, slow: str, idle: str, pause: str, *addresses: str) -> None:
    crowd, over = Crowd(int(port), float(pause)), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    habits = [
        *itertools.islice(itertools.cycle(SLOW), int(slow)),
        *itertools.islice(itertools.cycle(IDLE), int(idle)),
    ]
    clients = {
        asyncio.create_task(crowd.again_and_again(habit, crowd.chance.choice(addresses))) for habit in habits
    }
    await over.wait()
    print(json.dumps(crowd.counts), flush=True)
    os._exit(not clients)  # all at once, as a process that is killed


if __name__ == "__main__":
    os.nice(10)  # they are on other machines, and take no time of the daemon's
    uvloop.run(main(*sys.argv[1:]))
