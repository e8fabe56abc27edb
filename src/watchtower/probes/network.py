"""What a failure to reach a target means: is it the target, or is it us?

The target is `down` when it refuses, resets, hangs, has no such name or shows a wrong certificate. We cannot
tell (`unknown`) when our resolver, our route or our own limits failed: that says nothing of the target.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import ipaddress
import os
import re
import socket
import ssl
import time
from collections.abc import Mapping
from typing import Annotated, Any, Self

from watchtower.fields import BeforeValidator, Field, WithJsonSchema
from watchtower.model import Reading
from watchtower.probes.contract import down, unknown
from watchtower.values import Frozen, Mutable

_LINE = 65536
_PORT = re.compile(r"[0-9]{1,5}")
_SPACE = re.compile(r"[\s/@]")
_OURS = {
    errno.ENETUNREACH: "no_route",
    errno.EADDRNOTAVAIL: "no_route",
    errno.EAFNOSUPPORT: "no_route",
    errno.EMFILE: "busy",
    errno.ENFILE: "busy",
    errno.ENOBUFS: "busy",
    errno.ENOMEM: "busy",
    errno.EACCES: "forbidden",
    errno.EPERM: "forbidden",
    errno.ENOENT: "config",  # a certificate's file: no address of ours is a path
}
_THEIRS = {
    errno.ECONNREFUSED: "refused",
    errno.EHOSTUNREACH: "unreachable",
    errno.EHOSTDOWN: "unreachable",
    errno.ECONNRESET: "reset",
    errno.ECONNABORTED: "reset",
    errno.EPIPE: "reset",
    errno.ETIMEDOUT: "timeout",
}
_NO_PEM = ("NO_CERTIFICATE_OR_CRL_FOUND", "NO_START_LINE", "BAD_BASE64_DECODE")
_NO_SUCH_NAME = {
    getattr(socket, name) for name in ("EAI_NONAME", "EAI_NODATA", "EAI_ADDRFAMILY") if hasattr(socket, name)
}


class Address(Frozen):
    """`host:port`, an IPv6 host in brackets."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parses `host:port`. Raises ValueError with a hint in its text."""
        host, _, port = text.rpartition(":")
        if host.startswith("[") and host.endswith("]"):
            host = host[1:-1]
        elif ":" in host:
            host = ""
        if not _PORT.fullmatch(port) or not 0 < int(port) < 65536 or not host or _SPACE.search(host):
            raise ValueError(
                f'"{text}" is no address: write host:port, such as "db.internal:5432" or "[::1]:25"'
            )
        return cls(host, int(port))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


CA_FILE = Field(default="", description="PEM file of the authorities to trust in place of the public ones.")
IP_VERSION = Field(default=None, description="Connect only by IPv4 or only by IPv6.")
AddressText = Annotated[
    Address,
    BeforeValidator(lambda value: Address.parse(value) if isinstance(value, str) else value),
    WithJsonSchema({"type": "string", "examples": ["db.internal:5432", "[::1]:25"]}),
]
"""An `Address`, written as `host:port`."""


def failed(error: BaseException, what: str, measurements: Mapping[str, Any] | None = None) -> Reading:
    """The result for this OSError, EOFError, timeout or TLS error; `what` is the target's name for people."""
    measured = dict(measurements or {})
    if isinstance(error, socket.gaierror):
        if error.errno in _NO_SUCH_NAME:
            return down("dns", f"{what}: there is no such name", **measured)
        return unknown("resolver", f"{what}: the name could not be resolved: {error.strerror}", **measured)
    if isinstance(error, ssl.SSLCertVerificationError):
        return down("tls", f"{what}: {error.verify_message or 'the certificate is not valid'}", **measured)
    if isinstance(error, ssl.SSLError) and error.reason in _NO_PEM:
        return unknown("config", f"{what}: a file for TLS holds no PEM", **measured)
    if isinstance(error, ssl.SSLError):
        return down("tls", f"{what}: TLS failed: {error.reason or 'no reason given'}", **measured)
    if isinstance(error, TimeoutError):
        return down("timeout", f"{what}: no answer in time", **measured)
    if isinstance(error, EOFError):
        return down("reset", f"{what} closed the connection", **measured)
    number = _number(error)
    if number in _OURS:
        return unknown(_OURS[number], f"{what}: {os.strerror(number)}", **measured)
    reason = _THEIRS.get(number, "reset" if isinstance(error, ConnectionError) else "unreachable")
    said = os.strerror(number).lower() if number else "the connection failed"
    return down(reason, f"{what}: {said}", **measured)


def _number(error: BaseException) -> int:
    """errno; asyncio puts several attempts (IPv6, IPv4) into one error, as a group or as text without a number."""
    if isinstance(error, BaseExceptionGroup):
        return next((n for n in map(_number, error.exceptions) if n), 0)
    number = getattr(error, "errno", None)
    if number:
        return int(number)
    text = str(error)
    return next((n for n in (*_THEIRS, *_OURS) if f"[Errno {n}]" in text), 0)


async def resolved(host: str, port: int, within: float, ip_version: int | None = None) -> list[str]:
    """The addresses of a name. Raises socket.gaierror; EAI_AGAIN when the resolver does not answer in time."""
    family = {4: socket.AF_INET, 6: socket.AF_INET6}.get(ip_version or 0, socket.AF_UNSPEC)
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(within):
            found = await loop.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM)
    except TimeoutError:
        raise socket.gaierror(socket.EAI_AGAIN, "the resolver did not answer in time") from None
    except UnicodeError:
        raise socket.gaierror(socket.EAI_NONAME, "this is no name") from None
    return list(dict.fromkeys(str(one[4][0]) for one in found))


async def time_left_once_resolved(host: str, within: float) -> float:
    """Resolves first, for clients that resolve names themselves, so that a dead resolver does not count as a
    dead target."""
    started = time.monotonic()
    if not _is_ip(host):
        await resolved(host, 0, within)
    return within - (time.monotonic() - started)


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


class Connection(Mutable):
    """An open connection, and the seconds that its phases took."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    remote_ip: str
    dns_seconds: float
    connect_seconds: float

    @property
    def measurements(self) -> dict[str, Any]:
        return {
            "dns_seconds": self.dns_seconds,
            "connect_seconds": self.connect_seconds,
            "remote_ip": self.remote_ip,
        }


async def connect(address: Address, within: float, ip_version: int | None = None) -> Connection:
    """A new TCP connection; each of the name's addresses in turn gets its share of the time. Raises OSError."""
    started = time.monotonic()
    addresses = await resolved(address.host, address.port, within, ip_version)
    resolved_at = time.monotonic()
    for tried, ip in enumerate(addresses, 1):
        left = within - (time.monotonic() - started)
        try:
            async with asyncio.timeout(left / (len(addresses) - tried + 1)):
                reader, writer = await asyncio.open_connection(ip, address.port, limit=_LINE)
        except OSError:
            if tried == len(addresses):
                raise
        else:
            now = time.monotonic()
            return Connection(reader, writer, ip, resolved_at - started, now - resolved_at)
    raise socket.gaierror(socket.EAI_NONAME, "the name has no address")


def close(writer: asyncio.StreamWriter) -> None:
    """Closes a connection at once, without waiting."""
    with contextlib.suppress(OSError, RuntimeError):
        writer.transport.abort()
