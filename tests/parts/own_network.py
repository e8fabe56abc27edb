"""A network of the test's own: a namespace of the kernel that holds nothing but a loopback."""

from __future__ import annotations

import asyncio
import ctypes
import os
import subprocess
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from tests.parts.child import MissingPart, find_program

T = TypeVar("T")

_NEW_NETWORK = 0x40000000
_PING = Path("/proc/sys/net/ipv4/ping_group_range")


def in_own_network(ask: Callable[[], Awaitable[T]], *, ping: bool) -> T:
    """What `ask` gives on an event loop in such a network. `ping`: whether its kernel lets everybody send pings."""
    if os.geteuid() != 0:
        raise MissingPart("a network namespace needs root")
    ip = find_program("ip", "iproute2")
    out: list[T] = []
    failed: list[BaseException] = []

    def within() -> None:
        try:
            if ctypes.CDLL(None, use_errno=True).unshare(_NEW_NETWORK):
                raise OSError(ctypes.get_errno(), "unshare")
            subprocess.run([ip, "link", "set", "lo", "up"], check=True)
            _PING.write_text("0 2147483647" if ping else "1 0")
            out.append(asyncio.run(_awaited(ask)))
        except BaseException as error:  # noqa: BLE001 - raised in the test's thread
            failed.append(error)

    thread = threading.Thread(target=within)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return out[0]


def answer_pings(answer: bool) -> None:
    """Whether this network's only host answers them from now on; called within it."""
    for file in ("ipv4/icmp_echo_ignore_all", "ipv6/icmp/echo_ignore_all"):
        Path("/proc/sys/net", file).write_text("0" if answer else "1")


async def _awaited(ask: Callable[[], Awaitable[T]]) -> T:
    return await ask()
