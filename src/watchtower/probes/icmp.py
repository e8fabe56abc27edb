"""`icmp` sends echo requests (ping) to one host or many, and counts what comes back.

It uses the kernel's own datagram sockets for ping: no root, no raw socket, no program. The kernel gives each socket
an identifier, and hands it only the answers that bear it.
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import time
from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal

from watchtower.fields import Field, HostName
from watchtower.model import Fact, Facts, Reading, Unit
from watchtower.probes.contract import Probe, down, unknown, up
from watchtower.probes.network import IP_VERSION, failed, resolved

_REQUEST = {socket.AF_INET: (8, 0, socket.IPPROTO_ICMP), socket.AF_INET6: (128, 129, socket.IPPROTO_ICMPV6)}
"""Types of the request and of the answer (RFC 792, RFC 4443), and the protocol."""
_MESSAGE = struct.Struct("!BBHHH8s")
_SPACING = 0.2
"""Seconds between two requests to one host."""
_STAMP = getattr(socket, "SO_TIMESTAMPNS", 35)
_TIMESPEC = struct.Struct("@ll")
_AT_ONCE = 64
"""Answers that are read in one turn of the event loop."""
_REFUSED = (
    "the kernel lets this process send no ping: its group must be within the sysctl net.ipv4.ping_group_range, which also"
    ' counts for IPv6, such as "0 2147483647"'
)


class Icmp(Probe):
    """Pings hosts. One that answers no request at all is down; how many are lost is a measurement."""

    kind = "icmp"
    every = "30s"
    facts: ClassVar[Facts] = {
        "loss_ratio": Fact.number("requests that were not answered, of all", Unit.RATIO),
        "latency": Fact.number("to the answer and back, on average", Unit.SECONDS),
        "latency_min": Fact.number("the fastest answer", Unit.SECONDS),
        "latency_max": Fact.number("the slowest answer", Unit.SECONDS),
        "remote_ip": Fact.string("the address that was asked"),
    }

    class Settings(Probe.Settings):
        hosts: list[Annotated[HostName, Field(min_length=1)]] = Field(
            min_length=1, max_length=200, description="Names or addresses of the hosts; each is a series."
        )
        count: int = Field(default=4, ge=1, le=20, description="Requests to each host.")
        ip_version: Literal[4, 6] | None = IP_VERSION

    async def probe(self) -> Sequence[Reading]:
        hosts = dict.fromkeys(self.settings.hosts)
        absent = [one for one in self.target.series if one not in hosts]
        readings = await asyncio.gather(*map(self._ping, hosts))
        return [*readings, *(unknown("absent", f"{one} is not among the hosts", one) for one in absent)]

    async def _ping(self, host: str) -> Reading:
        started = time.monotonic()
        try:
            ip, *_ = await resolved(host.strip("[]"), 0, self.timeout_seconds, self.settings.ip_version)
            with _Echo(ip) as echo:
                await echo.run(self.settings.count, self.timeout_seconds - (time.monotonic() - started))
        except PermissionError as error:
            reading = unknown("forbidden", _REFUSED) if isinstance(error, _NoSocket) else failed(error, host)
        except OSError as error:
            reading = failed(error, host)
        else:
            reading = _judged(host, ip, self.settings.count, sorted(echo.seconds.values()))
        return Reading(reading.outcome, reading.measurements, reading.reason, reading.detail, series=host)


def _judged(host: str, ip: str, count: int, seconds: Sequence[float]) -> Reading:
    measured: dict[str, Any] = {"loss_ratio": 1 - len(seconds) / count, "remote_ip": ip}
    if not seconds:
        return down("timeout", f"{host}: none of {count} echo requests was answered", **measured)
    average = sum(seconds) / len(seconds)
    return up(latency=average, latency_min=seconds[0], latency_max=seconds[-1], **measured)


class _NoSocket(PermissionError):
    """The kernel gives this process no such socket."""


class _Echo:
    """Requests to one address. `seconds` has the answered ones by their number. Raises OSError."""

    def __init__(self, ip: str) -> None:
        family = socket.AF_INET6 if ":" in ip else socket.AF_INET
        self._type, self._answer, protocol = _REQUEST[family]
        self._token = os.urandom(8)
        self._sent: dict[int, float] = {}
        self.seconds: dict[int, float] = {}
        self._all = asyncio.Event()
        try:
            self._socket = socket.socket(family, socket.SOCK_DGRAM, protocol)
        except PermissionError as error:
            raise _NoSocket(*error.args) from None
        try:
            self._socket.setblocking(False)
            self._socket.setsockopt(socket.SOL_SOCKET, _STAMP, 1)
            self._socket.connect((ip, 0))  # only its own answers come in, and its refusals are raised
        except BaseException:
            self._socket.close()
            raise

    def __enter__(self) -> _Echo:
        asyncio.get_running_loop().add_reader(self._socket, self._read)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()

    async def run(self, count: int, within: float) -> None:
        """Sends them and waits for the answers, so many seconds at most."""
        spacing, until = min(_SPACING, within / 2 / count), time.monotonic() + within
        for number in range(count):
            self._sent[number] = time.monotonic()
            self._socket.send(_MESSAGE.pack(self._type, 0, 0, 0, number, self._token))
            await asyncio.sleep(spacing if number < count - 1 else 0)
        try:
            async with asyncio.timeout(until - time.monotonic()):
                while len(self.seconds) < count:
                    self._all.clear()
                    await self._all.wait()
        except TimeoutError:
            return

    def _read(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                data, more, _flags, _sender = self._socket.recvmsg(_MESSAGE.size, 64)
            except BlockingIOError:
                return
            except OSError:
                continue  # a router says that there is no way: no answer will come
            if len(data) == _MESSAGE.size:
                self._count(data, more)

    def _count(self, data: bytes, more: list[tuple[int, int, bytes]]) -> None:
        kind, _, _, _, number, token = _MESSAGE.unpack(data)
        if (kind, token) != (self._answer, self._token) or number in self.seconds or number not in self._sent:
            return
        # The kernel says when it came: a loop that was busy meanwhile must not look like a slow host.
        stamps = [_TIMESPEC.unpack(one[:16]) for level, _, one in more if level == socket.SOL_SOCKET]
        lay = time.time() - (stamps[0][0] + stamps[0][1] / 1e9) if stamps else 0.0
        seconds = time.monotonic() - self._sent[number]
        self.seconds[number] = seconds - lay if 0 <= lay <= seconds else seconds
        self._all.set()
