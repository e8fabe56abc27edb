"""Addresses in bounded time: one thread for each name, and what was known before when nobody answers."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from watchtower.resolver import MOST, Place, Resolver, Unresolved

V4 = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 80))
V4_TOO = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.2", 80))
V6 = (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("2001:db8::1", 80, 0, 0))
V6_TOO = (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("2001:db8::2", 80, 0, 0))


class Names:
    """A name server that answers, refuses or keeps silent as told."""

    def __init__(self) -> None:
        self.answer: list[Any] | Exception = [V4]
        self.speaks = threading.Event()
        self.speaks.set()
        self.asked: list[str] = []

    def __call__(self, host: str, port: int, **_: Any) -> list[Any]:
        self.asked.append(host)
        self.speaks.wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def names() -> Iterator[Names]:
    names = Names()
    yield names
    names.speaks.set()


def test_the_families_take_turns(names: Names) -> None:
    names.answer = [V6, V6, V6_TOO, V4, V4_TOO]
    families = [place.address[0] for place in Resolver(names).places("a.example", 80, 5.0)]
    assert families == ["2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2"]


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_an_address_needs_no_name_server(names: Names, host: str) -> None:
    names.speaks.clear()
    [place] = Resolver(names).places(host, 80, 5.0)
    assert place.address[0] == host
    assert names.asked == []


def test_nobody_waits_longer_than_asked_and_all_share_a_thread(names: Names) -> None:
    names.speaks.clear()
    resolver = Resolver(names)
    for _ in range(10):
        with pytest.raises(Unresolved):
            resolver.places("dead.example", 80, 0.01)
    assert names.asked == ["dead.example"]


async def test_who_gives_up_does_not_take_it_from_the_others(names: Names) -> None:
    names.speaks.clear()
    resolver = Resolver(names)
    with pytest.raises(Unresolved):
        await resolver.places_soon("a.example", 80, 0.01)
    waiting = asyncio.create_task(resolver.places_soon("a.example", 80, 5.0))
    gone = asyncio.create_task(resolver.places_soon("a.example", 80, 5.0))
    await asyncio.sleep(0.01)
    gone.cancel()
    names.speaks.set()
    assert await waiting == [Place(socket.AF_INET, ("192.0.2.1", 80))]
    assert names.asked == ["a.example"]


async def test_what_it_said_before_is_used_when_it_keeps_silent_or_is_broken(names: Names) -> None:
    resolver = Resolver(names)
    known = resolver.places("a.example", 80, 5.0)
    names.answer = socket.gaierror(socket.EAI_AGAIN, "try again")
    assert resolver.places("a.example", 80, 5.0) == known
    assert await resolver.places_soon("a.example", 80, 5.0) == known
    names.speaks.clear()
    assert resolver.places("a.example", 80, 0.01) == known
    assert await resolver.places_soon("a.example", 80, 0.01) == known


async def test_a_name_that_is_gone_is_gone(names: Names) -> None:
    resolver = Resolver(names)
    resolver.places("a.example", 80, 5.0)
    names.answer = socket.gaierror(socket.EAI_NONAME, "no such name")
    for _ in range(2):
        with pytest.raises(socket.gaierror):
            resolver.places("a.example", 80, 5.0)
        with pytest.raises(socket.gaierror):
            await resolver.places_soon("a.example", 80, 5.0)


def test_there_are_so_many_threads_and_no_more(names: Names) -> None:
    names.speaks.clear()
    resolver = Resolver(names)
    for number in range(MOST):
        with pytest.raises(Unresolved, match="no answer of the name server within"):
            resolver.places(f"dead{number}.example", 80, 0.0)
    with pytest.raises(Unresolved, match="other names wait for the name server"):
        resolver.places("one-more.example", 80, 5.0)
    names.speaks.set()


def test_what_is_known_is_used_though_all_places_are_taken(names: Names) -> None:
    """A dead name server, and many names that were never heard of, must not take li's address away."""
    resolver = Resolver(names)
    resolver.places("li.example", 80, 5.0)
    names.speaks.clear()
    for number in range(MOST):
        with pytest.raises(Unresolved):
            resolver.places(f"dead{number}.example", 80, 0.0)
    assert resolver.places("li.example", 80, 5.0)[0].address[0] == "192.0.2.1"


WITHOUT_THREADS = """
import resource, threading
from watchtower.log_writer import LogWriter
from watchtower.resolver import Resolver
known = [(2, 1, 6, "", ("192.0.2.1", 80))]
resolver, writer = Resolver(lambda *_, **__: known), LogWriter(1)
start = threading.Thread.start
def none(self): raise RuntimeError("can't start new thread")
threading.Thread.start = none
for _ in range(2):
    try:
        raise SystemExit(resolver.places("li.example", 80, 5.0))
    except OSError as error:
        assert error.errno == 11, error
print("waits", file=writer)
threading.Thread.start = start
assert resolver.places("li.example", 80, 5.0)
print("goes on", file=writer)
writer.end(5.0)
"""


def test_where_no_thread_can_be_had_the_next_attempt_asks_again() -> None:
    """A container's limit of processes counts threads. Nothing may wait for one that never began."""
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_THREADS], capture_output=True, timeout=30, check=False
    )
    assert (done.returncode, done.stdout) == (0, b"waits\ngoes on\n"), done.stderr.decode()
