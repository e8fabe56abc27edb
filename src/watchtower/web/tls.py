"""TLS for our own listener: a certificate that is replaced while it listens, and handshakes that cannot be held.

A new certificate makes a new context; the listening one hands each handshake on to it. So a key that does not fit, or a
file that is half written, never touches the one that works.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable
from pathlib import Path

from watchtower.errors import UsageError
from watchtower.logs import log
from watchtower.web.listener import Listener, Room

HANDSHAKE = 3.0
"""Seconds for a handshake."""


class Certificate:
    """The certificate and its key in two PEM files. Owned by the event loop, but for `look`, which may run in a thread."""

    def __init__(self, certificate: Path, key: Path) -> None:
        """Raises UsageError for what cannot be used."""
        self._files = (certificate, key)
        self._seen = self._state()
        try:
            self._current = self._loaded()
        except (OSError, ValueError) as error:
            raise UsageError(f"WATCHTOWER_TLS_CERTIFICATE, WATCHTOWER_TLS_KEY: {_why(error)}") from None
        self.context = self._loaded()
        self.context.sni_callback = self._hand_on

    def look(self) -> bool:
        """Takes the files where they have changed. Returns False, and keeps the last ones, where they cannot be used."""
        state = self._state()
        if state == self._seen:
            return True
        self._seen = state
        try:
            self._current = self._loaded()
        except (OSError, ValueError) as error:
            log.error("tls_refused", certificate=str(self._files[0]), error=_why(error))
            return False
        log.info("tls_reloaded", certificate=str(self._files[0]))
        return True

    def _hand_on(self, connection: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> None:
        connection.context = self._current

    def _state(self) -> tuple[tuple[int, int, int], ...]:
        """What tells whether a file was exchanged, also by a link to another folder as Kubernetes does it."""
        try:
            return tuple((s.st_mtime_ns, s.st_size, s.st_ino) for s in (file.stat() for file in self._files))
        except OSError:
            return ()

    def _loaded(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        # A key with a passphrase would ask for it at the terminal.
        certificate, key = self._files
        context.load_cert_chain(certificate, key, password=lambda: "")
        return context


class Handshake(asyncio.Protocol):
    """A connection until its handshake is done. It counts as any other, and the oldest one goes where there are too many.

    The loop hands over a connection that reads by itself; the handshake needs one of which nothing was read. So the socket
    is taken out before the first byte.
    """

    under_way = False

    def __init__(self, made: Callable[[], Listener], room: Room, context: ssl.SSLContext) -> None:
        self._made, self._room, self._context = made, room, context

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvloop's is no subclass
        own, peer = transport.get_extra_info("socket"), transport.get_extra_info("peername")
        self._socket = socket.fromfd(own.fileno(), own.family, own.type)
        transport.abort()
        self._room.enter(self, str(peer[0]) if peer else "", self._socket.fileno())
        self._task = asyncio.get_running_loop().create_task(self._shake())

    @property
    def transport(self) -> Handshake:
        return self

    def abort(self) -> None:
        with contextlib.suppress(OSError):  # the other side was quicker
            self._socket.shutdown(socket.SHUT_RDWR)

    def get_write_buffer_size(self) -> int:
        return 0

    async def _shake(self) -> None:
        made = self._made()
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: made, self._socket, ssl=self._context, ssl_handshake_timeout=HANDSHAKE
            )
        except OSError:  # silent, no TLS, or gone
            self.abort()
            made.let_go()
        finally:
            self._room.leave(self)


def _why(error: Exception) -> str:
    reason = getattr(error, "reason", None) or getattr(error, "strerror", None)
    return str(reason or error).replace("_", " ").lower()
