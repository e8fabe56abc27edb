"""Why a connection failed, in the words of the system at the bottom of a chain of exceptions.

Never an exception's own text on the way there: libraries quote URLs, and URLs may hold keys.
"""

from __future__ import annotations

import errno
import os
import socket
import ssl
from enum import StrEnum

from watchtower.resolver import Unresolved

_DEEPEST = 20


class Stage(StrEnum):
    """What an exchange waits for."""

    AUTHORITIES = "the file of authorities"
    ADDRESS = "the address of its name"
    CONNECTION = "a connection"
    HANDSHAKE = "the TLS handshake"
    ANSWER = "the answer"


def causes(error: BaseException | None) -> list[BaseException]:
    """An exception and what it was made from, also where it is kept as an argument or a reason."""
    found: list[BaseException] = []
    queue: list[object] = [error]
    while queue and len(found) < _DEEPEST:
        one = queue.pop(0)
        if isinstance(one, BaseException) and one not in found:
            found.append(one)
            queue += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
    return found


def tls_trouble(error: BaseException) -> str:
    """What TLS objects to; empty when this is not about TLS."""
    for cause in causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"certificate refused: {cause.verify_message}"
    for cause in causes(error):
        if isinstance(cause, ssl.SSLError):
            return (cause.reason or "TLS failed").lower().replace("_", " ")
    return ""


def why(error: BaseException) -> str:
    """`connection refused`, `name or service not known`; the kind of exception where nothing better is known."""
    for cause in reversed(causes(error)):
        if isinstance(cause, Unresolved):
            return str(cause)
        if isinstance(cause, socket.gaierror):
            return (cause.strerror or "name not known").lower()
        if isinstance(cause, OSError) and cause.errno is not None and cause.errno > 0:
            return strerror(cause.errno)
    return type(error).__name__


def strerror(number: int) -> str:
    return os.strerror(number).lower()


SPENT = (errno.EAGAIN, errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL)
"""Errors of who has run out of files, memory or ports."""


def spent(error: BaseException) -> bool:
    """Whether we ran out of files, memory or ports: our fault, whoever was to be called."""
    return any(isinstance(cause, OSError) and cause.errno in SPENT for cause in causes(error))
