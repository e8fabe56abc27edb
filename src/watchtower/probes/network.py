"""What a failure to reach a target means: is it the target, or is it us?

The target is `down` when it refuses, resets, hangs, has no such name or shows a wrong certificate. We cannot
tell (`unknown`) when our resolver, our route or our own limits failed: that says nothing of the target.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import ssl
from collections.abc import Mapping
from typing import Any

from watchtower.model import Reading
from watchtower.probes.contract import down, unknown

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
}
_THEIRS = {
    errno.ECONNREFUSED: "refused",
    errno.EHOSTUNREACH: "unreachable",
    errno.EHOSTDOWN: "unreachable",
    errno.ECONNRESET: "reset",
    errno.ECONNABORTED: "reset",
    errno.EPIPE: "reset",
    errno.ENOENT: "refused",
    errno.ETIMEDOUT: "timeout",
}
_NO_SUCH_NAME = {
    getattr(socket, name) for name in ("EAI_NONAME", "EAI_NODATA", "EAI_ADDRFAMILY") if hasattr(socket, name)
}


def failed(error: BaseException, what: str, measurements: Mapping[str, Any] | None = None) -> Reading:
    """The reading for this OSError, EOFError, timeout or TLS error, `what` being the target as people know it."""
    measured = dict(measurements or {})
    if isinstance(error, socket.gaierror):
        if error.errno in _NO_SUCH_NAME:
            return down("dns", f"{what}: there is no such name", **measured)
        return unknown("resolver", f"{what}: the name could not be resolved: {error.strerror}", **measured)
    if isinstance(error, ssl.SSLCertVerificationError):
        return down("tls", f"{what}: {error.verify_message or 'the certificate is not valid'}", **measured)
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


async def resolved(host: str, port: int, within: float, ip_version: int | None = None) -> str:
    """The first address of a name. Raises socket.gaierror; EAI_AGAIN when the resolver does not answer in time."""
    family = {4: socket.AF_INET, 6: socket.AF_INET6}.get(ip_version or 0, socket.AF_UNSPEC)
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(within):
            found = await loop.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM)
    except TimeoutError:
        raise socket.gaierror(socket.EAI_AGAIN, "the resolver did not answer in time") from None
    return str(found[0][4][0])
