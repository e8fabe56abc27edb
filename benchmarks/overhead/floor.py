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


async def check(ident: str, port: int, hook: int, interval: float, phase: float) -> None:
    loop = asyncio.get_running_loop()
    get = _GET % ident.encode()
    up, at = True, loop.time() + phase
    while True:
        await asyncio.sleep(at - loop.time())
        at = max(at + interval, loop.time())
        try:
            async with asyncio.timeout(4):
                now = b" 200 " in (await http(port, get))[:16]
        except (OSError, TimeoutError):
            now = False
        if now != up:
            up = now
            body = json.dumps({"id": ident, "state": "resolved" if up else "firing"}).encode()
            await http(hook, _POST % (len(body), body))


async def serve(number: int, interval: float, port: int, hook: int) -> None:
    phases = (interval * i / number for i in range(number))
    await asyncio.gather(*(check(str(i), port, hook, interval, phase) for i, phase in enumerate(phases)))


class Floor(Stack):
    """This file again, as a process."""

    name = "floor"

    def start(self) -> None:
        numbers = (self.args.checks, self.args.interval, self.targets.port, self.receiver.port)
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
    _checks, _interval, _port, _hook = sys.argv[1:]
    asyncio.run(serve(int(_checks), float(_interval), int(_port), int(_hook)))
