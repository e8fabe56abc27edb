"""Addresses of a name, in bounded time. `getaddrinfo` cannot be ended: without this, a name server that does not
answer keeps a thread for half a minute at every attempt, and uvloop has four of them.

The system's own way is asked (`/etc/hosts`, search domains, whatever nsswitch says), in one thread for each name,
however many ask for it. When the name server does not answer, the addresses that it gave last are used.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, wait
from typing import Any

from watchtower.values import Frozen

MOST = 128
"""Names that are being resolved at one time; further ones are told so at once."""
PATIENCE = 2.0
"""Seconds for the name server, where earlier addresses are known."""
_REMEMBERED = 1000


class Place(Frozen):
    """Where to connect to: a socket's family and address."""

    family: socket.AddressFamily
    address: tuple[str | int, ...]


Name = tuple[str, int]


class Unresolved(OSError):
    """The name server gave no answer in time; the text says so."""


class Resolver:
    """Safe to be asked by many threads. `ask` is getaddrinfo, or what stands in for it."""

    def __init__(self, ask: Callable[..., Iterable[tuple[Any, ...]]] = socket.getaddrinfo) -> None:
        self._ask_system = ask
        self._lock = threading.Lock()
        self._flights: dict[Name, Future[list[Place]]] = {}
        self._known: dict[Name, list[Place]] = {}

    def places(self, host: str, port: int, within: float) -> list[Place]:
        """In the order to be tried. Raises Unresolved, or socket.gaierror when there is no such name."""
        name = host, port
        if at_once := _literal(*name):
            return at_once
        known = self._known.get(name)
        flight = self._flight(name)
        wait([flight], timeout=min(within, PATIENCE) if known else within)
        return self._landed(flight, known, within)

    async def places_soon(self, host: str, port: int, within: float) -> list[Place]:
        """The same for the event loop."""
        name = host, port
        if at_once := _literal(*name):
            return at_once
        known = self._known.get(name)
        flight = self._flight(name)
        # The future is shared: who gives up waiting must not cancel it for the others.
        waiting = asyncio.shield(asyncio.wrap_future(flight))
        with contextlib.suppress(TimeoutError, OSError, UnicodeError):
            async with asyncio.timeout(min(within, PATIENCE) if known else within):
                await waiting
        return self._landed(flight, known, within)

    def _landed(self, flight: Future[list[Place]], known: list[Place] | None, within: float) -> list[Place]:
        if not flight.done():
            if known:
                return known
            raise Unresolved(f"no answer of the name server within {within:.3g} s")
        error = flight.exception()
        if error is None:
            return flight.result()
        unknown = isinstance(error, socket.gaierror) and error.errno != socket.EAI_AGAIN
        if known and not unknown:
            return known
        raise error

    def _flight(self, name: Name) -> Future[list[Place]]:
        with self._lock:
            flight = self._flights.get(name)
            if flight is not None:
                return flight
            flight = Future()
            if len(self._flights) >= MOST:
                flight.set_exception(Unresolved(f"{MOST} other names wait for the name server"))
                return flight
            self._flights[name] = flight
        try:
            threading.Thread(target=self._ask, args=(name, flight), name="resolver", daemon=True).start()
        except RuntimeError as error:  # no more threads for us: the next one who asks tries again
            self._land(name, None)
            flight.set_exception(OSError(errno.EAGAIN, str(error)))
        return flight

    def _ask(self, name: Name, flight: Future[list[Place]]) -> None:
        try:
            found = _in_turn(self._ask_system(*name, type=socket.SOCK_STREAM))
        except BaseException as error:  # noqa: BLE001 - whoever waits is to hear it
            self._land(name, None)
            flight.set_exception(error)
        else:
            self._land(name, found)
            flight.set_result(found)

    def _land(self, name: Name, found: list[Place] | None) -> None:
        with self._lock:
            del self._flights[name]
            if found:
                self._known.pop(name, None)
                self._known[name] = found
                if len(self._known) > _REMEMBERED:
                    del self._known[next(iter(self._known))]


def _literal(host: str, port: int) -> list[Place]:
    """The place of an address written out, at once; empty for a name."""
    try:
        return _in_turn(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST))
    except (OSError, UnicodeError):
        return []


def _in_turn(found: Iterable[tuple[Any, ...]]) -> list[Place]:
    """The families by turns, the system's favourite first: where one leads nowhere, the second try is the other."""
    places = list(dict.fromkeys(Place(family, address) for family, _, _, _, address in found))
    first = [p for p in places if p.family == places[0].family]
    other = [p for p in places if p.family != places[0].family]
    turns: list[Place] = []
    while first or other:
        turns += first[:1] + other[:1]
        del first[:1], other[:1]
    return turns


RESOLVER = Resolver()
"""The process's own: what one channel learned helps another."""
