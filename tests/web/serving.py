"""The listener in a process of its own, so that a test can measure its memory and give it few file descriptors."""

from __future__ import annotations

import resource
import sys
from collections.abc import Sequence

import uvloop

from tests.web.fake import ACCESS, FakeDaemon
from watchtower.api.porch import Porch
from watchtower.app.memory import keep
from watchtower.web.server import WebServer

LARGE = 20 * 1024 * 1024


class Talkative(FakeDaemon):
    """Answers `/metrics` with twenty megabytes."""

    async def metrics(self) -> tuple[Sequence[bytes], str]:
        return [b"x" * LARGE], "text/plain"


async def serve(descriptors: int) -> None:
    if descriptors:
        resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))
    server = WebServer(Porch(Talkative(), ACCESS), "127.0.0.1:0")
    await server.start()
    keep()  # as the daemon does a minute after its start
    print(server.port, flush=True)
    await server.wait()


if __name__ == "__main__":
    uvloop.new_event_loop().run_until_complete(serve(int(sys.argv[1])))
