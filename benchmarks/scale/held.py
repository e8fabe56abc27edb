"""Runs a command of watchtower and writes down what held its event loop: `python -m benchmarks.scale.held FILE COMMAND…`.

Each callback's own processor time is taken, so that others on the machine do not count. For this asyncio's loop takes the place
of uvloop, whose callbacks cannot be timed; what they do is the same. A line of the file is the moment of the
monotonic clock, the seconds, and the callback; it is written as soon as it is over.
"""

from __future__ import annotations

import asyncio
import runpy
import sys
import threading
import time
from pathlib import Path

import uvloop

LONG = 0.002
"""Seconds of processor time from which a callback is written down."""


def main() -> None:
    asyncio.Task = asyncio.tasks.Task = asyncio.tasks._PyTask  # type: ignore[attr-defined,misc]  # it can be named
    out = Path(sys.argv[1]).open("a", buffering=1)
    plain, loop = asyncio.events.Handle._run, threading.get_ident()

    def timed(handle: asyncio.Handle) -> None:
        begun = time.thread_time()
        plain(handle)
        if (took := time.thread_time() - begun) > LONG and threading.get_ident() == loop:
            of = getattr(handle._callback, "__self__", None)  # type: ignore[attr-defined]  # a task says where it waits now
            out.write(f"{time.monotonic()} {took} {of if isinstance(of, asyncio.Task) else handle!r}\n")

    asyncio.events.Handle._run = timed  # type: ignore[method-assign,assignment]
    uvloop.new_event_loop = asyncio.new_event_loop  # type: ignore[assignment]
    sys.argv[:] = ["watchtower", *sys.argv[sys.argv.index("watchtower") + 1 :]]
    runpy.run_module("watchtower", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
