"""What systemd hears: readiness and signs of life, on the socket that it names; and of a daemon that it starts."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from watchtower.app.service_manager import live, say


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(tmp_path / "notify"))
        heard.settimeout(30)
        yield heard


def test_it_says_that_it_is_ready(manager: socket.socket) -> None:
    say("READY=1", {"NOTIFY_SOCKET": manager.getsockname()})
    assert manager.recv(100) == b"READY=1"


def test_the_abstract_socket_of_older_managers() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind("")  # Linux chooses an abstract name
        heard.settimeout(30)
        say("READY=1", {"NOTIFY_SOCKET": f"@{heard.getsockname()[1:].decode()}"})
        assert heard.recv(100) == b"READY=1"


@pytest.mark.parametrize("place", ["", "relative", "/nobody/listens", "vsock:2:1"])
def test_where_nobody_listens_nothing_happens(place: str) -> None:
    say("READY=1", {"NOTIFY_SOCKET": place})


async def test_signs_of_life_come_again_and_again(manager: socket.socket) -> None:
    task = asyncio.create_task(live({"NOTIFY_SOCKET": manager.getsockname(), "WATCHDOG_USEC": "2000000"}))
    for _ in range(2):
        assert await asyncio.to_thread(manager.recv, 100) == b"WATCHDOG=1"
    task.cancel()


@pytest.mark.parametrize("environ", [{}, {"WATCHDOG_USEC": "x"}, {"WATCHDOG_USEC": "9", "WATCHDOG_PID": "1"}])
async def test_where_none_is_wanted_it_ends_at_once(environ: dict[str, str]) -> None:
    await asyncio.wait_for(live(environ), 30)
