"""Ports on which statsd lines come in: each is opened once, for all checks that listen to it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import socket
import stat
from collections.abc import Callable, Iterator, Mapping

from watchtower.values import Frozen, Mutable, field

_MOST = 8192
"""Bytes of one datagram; senders keep to 1432 or, on a Unix socket, to this."""
_AT_ONCE = 8
"""Datagrams in one turn of the loop: 15 ms of the longest ones."""
_BUFFER = 1 << 20
_LINE = re.compile(r"([^:|@#\s]{1,200}):([0-9.eE+:-]{1,200})\|(c|ms|h|d|g)((?:\|[@#cTe][^|]*)*)")
Take = Callable[[str, Mapping[str, str], float], None]


class StatsdListener(Frozen):
    """Who hears the lines of these names, and of what could not be read."""

    names: set[str]
    take: Take
    unreadable: Callable[[], None]


class _Port(Mutable):
    socket: socket.socket
    listeners: list[StatsdListener] = field(default_factory=list)


class StatsdPorts:
    """The open ports by their address: `host:port`, or the path of a Unix socket."""

    def __init__(self) -> None:
        self._ports: dict[str, _Port] = {}

    def listen(self, address: str, listener: StatsdListener) -> None:
        """Raises OSError when the port cannot be opened."""
        if address not in self._ports:
            opened = _opened(address)
            self._ports[address] = port = _Port(opened)
            asyncio.get_running_loop().add_reader(opened, _drain, port)
        self._ports[address].listeners.append(listener)

    def leave(self, address: str, listener: StatsdListener) -> None:
        port = self._ports.get(address)
        if port is None or listener not in port.listeners:
            return
        port.listeners.remove(listener)
        if not port.listeners:
            del self._ports[address]
            asyncio.get_running_loop().remove_reader(port.socket)
            port.socket.close()
            if address.startswith("/"):
                with contextlib.suppress(OSError):
                    os.unlink(address)


def _opened(address: str) -> socket.socket:
    local = address.startswith("/")
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    family = socket.AF_UNIX if local else socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        if local and os.path.exists(address) and stat.S_ISSOCK(os.stat(address).st_mode):
            os.unlink(address)  # of a process that was killed
        opened.bind(address if local else (host, int(port)))
        if local:
            os.chmod(address, 0o660)
    except OSError:
        opened.close()
        raise
    return opened


def _drain(port: _Port) -> None:
    for _ in range(_AT_ONCE):
        try:
            data = port.socket.recv(_MOST + 1)
        except OSError:
            return
        for found in lines(data):
            if found is None:
                for listener in port.listeners:
                    listener.unreadable()
                continue
            name, labels, number = found
            for listener in port.listeners:
                if name in listener.names:
                    listener.take(name, labels, number)


def lines(data: bytes) -> Iterator[tuple[str, Mapping[str, str], float] | None]:
    """Name, tags and growth of each line of a datagram; None for one that cannot be read.

    A timing or histogram counts how many values it has. Tags are DogStatsD's: `|#flow:buy,zone:a`.
    """
    if len(data) > _MOST:
        yield None
        return
    for line in data.decode("utf-8", "replace").splitlines():
        if line and not line.startswith(("_e{", "_sc|")):  # events and checks of DogStatsD count nothing
            yield _line(line)


def _line(line: str) -> tuple[str, Mapping[str, str], float] | None:
    found = _LINE.fullmatch(line)
    if found is None:
        return None
    rate, labels = 1.0, dict[str, str]()
    try:
        for part in found[4].split("|")[1:]:
            if part.startswith("@"):
                rate = float(part[1:])
            elif part.startswith("#"):
                labels = {key: value for key, _, value in (tag.partition(":") for tag in part[1:].split(","))}
        values = [float(value) for value in found[2].split(":")]
    except ValueError:
        return None
    if not 0.0 < rate <= 1.0:
        return None
    if found[3] in ("ms", "h", "d"):
        return found[1], labels, len(values) / rate
    if found[3] == "g":
        return (found[1], labels, values[-1]) if found[2][0] not in "+-" else None
    return found[1], labels, sum(values) / rate
