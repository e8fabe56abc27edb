"""No peer: the least that a Python asyncio monitor can be (one HTTP GET per check and interval on a new
connection, a page on each change of state, no rules, no store, no retries). It shows what the harness itself
costs and about where the floor of a Python daemon lies."""

from __future__ import annotations

import asyncio
import json
import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.overhead.processes import Child
from benchmarks.overhead.stack import Stack

_GET = b"GET /t/%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
_POST = b"POST /floor HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"


async def http(port: int, data: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(data)
        return await reader.read()
    finally:
        writer.close()


UP: dict[str, bool] = {}


async def check(ident: str, port: int, hook: int) -> None:
    try:
        async with asyncio.timeout(4):
            now = b" 200 " in (await http(port, _GET % ident.encode()))[:16]
    except (OSError, TimeoutError):
        now = False
    if now != UP.get(ident, True):
        UP[ident] = now
        body = json.dumps({"id": ident, "state": "resolved" if now else "firing"}).encode()
        await http(hook, _POST % (len(body), body))


async def slot(idents: list[str], port: int, hook: int, interval: float, phase: float) -> None:
    """Those that start together, as ours do: a wake-up costs as much as a check."""
    loop = asyncio.get_running_loop()
    at = loop.time() + phase
    while True:
        await asyncio.sleep(at - loop.time())
        at = max(at + interval, loop.time())
        await asyncio.gather(*(check(ident, port, hook) for ident in idents))


async def serve(number: int, interval: float, width: float, port: int, hook: int) -> None:
    slots = max(1, int(interval / width))
    groups: list[list[str]] = [[] for _ in range(slots)]
    for i in range(number):
        groups[i * slots // number].append(str(i))
    await asyncio.gather(
        *(slot(group, port, hook, interval, i * width) for i, group in enumerate(groups) if group)
    )


class Floor(Stack):
    """This file again, as a process."""

    name = "floor"

    def start(self) -> None:
        from watchtower.core.plan.checks import Check
        from watchtower.scheduler import slot_for

        every = self.args.interval
        width = slot_for(
            Check(name=str(n), probe="http", every=every, timeout=4.0, settings=None, facts={})
            for n in range(self.args.checks)
        )
        numbers = (self.args.checks, every, width, self.targets.port, self.receiver.port)
        argv = [sys.executable, "-m", "benchmarks.overhead.floor", *map(str, numbers)]
        root = str(Path(__file__).resolve().parents[2])
        self.child = Child("floor", argv, self.work / "floor.log", {**os.environ, "PYTHONPATH": root})

    def procs(self) -> dict[str, int]:
        return {"floor": self.child.pid}

    def extract(self, body: str) -> Iterator[tuple[str, str]]:
        said = json.loads(body)
        yield said["id"], said["state"]

    def info(self) -> dict[str, Any]:
        return {"python": platform.python_version()}

    def stop(self) -> None:
        self.child.stop()


if __name__ == "__main__":
    _checks, _interval, _width, _port, _hook = sys.argv[1:]
    asyncio.run(serve(int(_checks), float(_interval), float(_width), int(_port), int(_hook)))
