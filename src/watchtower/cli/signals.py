"""Signals that come before the daemon can carry them out. Imports next to nothing, so that it is there first.

The interpreter itself takes about 15 ms to start, in which the system's default holds: SIGHUP ends the process. A
container's first process is spared that; elsewhere start it from a shell that has said `trap '' HUP`.
"""

from __future__ import annotations

import os
import signal

_came: set[int] = set()


def until_started() -> None:
    """Until the daemon has started, SIGHUP is remembered; SIGTERM and SIGINT end the process at once with status 0, for
    it holds nothing yet."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    signal.signal(signal.SIGHUP, lambda number, _: _came.add(number))


def _end(number: int, _: object) -> None:
    os.write(2, f"{signal.Signals(number).name}: ended before it had started\n".encode())
    os._exit(0)


def hung_up() -> bool:
    """Whether SIGHUP came since the last call."""
    came = signal.SIGHUP in _came
    _came.discard(signal.SIGHUP)
    return came
