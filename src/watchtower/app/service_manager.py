"""What systemd is said where it has started us (`Type=notify`): that we are ready, and that the loop turns."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Mapping

_LEAST = 1.0
"""Seconds between two signs of life, however short the unit's WatchdogSec is."""


def say(state: str, environ: Mapping[str, str] = os.environ) -> None:
    """`READY=1` or `WATCHDOG=1`; nothing where nobody listens."""
    place = environ.get("NOTIFY_SOCKET", "")
    if not place.startswith(("/", "@")):
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as to:
        to.setblocking(False)
        try:
            to.sendto(state.encode(), f"\0{place[1:]}" if place.startswith("@") else place)
        except OSError:
            return  # it is asked again, or ends us: we have nobody else to say it to


async def live(environ: Mapping[str, str] = os.environ) -> None:
    """A sign of life at half of WatchdogSec, until it is cancelled. Returns at once where none is wanted."""
    wanted, pid = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID", "")
    if not wanted.isdecimal() or pid not in ("", str(os.getpid())):
        return
    while True:
        say("WATCHDOG=1", environ)
        await asyncio.sleep(max(_LEAST, int(wanted) / 2e6))
