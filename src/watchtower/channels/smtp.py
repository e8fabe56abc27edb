"""The way to the mail server: connections opened when needed, kept a few seconds for a burst, then closed."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import ssl
from typing import Any

import aiosmtplib

from watchtower.channels.smtp_answers import explained, quoted
from watchtower.channels.why import why
from watchtower.errors import DeliveryError, DeliveryFault
from watchtower.resolver import RESOLVER
from watchtower.trust import tls_context
from watchtower.values import Frozen

IDLE = 5.0
"""Seconds that an unused connection is kept."""

_GOODBYE = 2.0
_SAID = 0.1
"""Seconds before the end at which a name without an address is said to be one."""
_NEXT_ADDRESS = 1.5
"""Seconds after which the host's next address is tried: behind the first there may be no IPv6."""

_SAID_NO = (aiosmtplib.SMTPResponseException, aiosmtplib.SMTPRecipientsRefused)
_QUEUE_ID = re.compile(r"queued as ([\w.-]+)|\bid=([\w.-]+)|InternalId=(\d+)", re.IGNORECASE)


class Server(Frozen):
    """The mail server. `security` is `starttls`, `tls` or `none`; times are seconds."""

    host: str
    port: int
    security: str
    timeout: float
    username: str = ""
    password: str = ""
    ca_file: str = ""
    helo: str = ""

    @property
    def where(self) -> str:
        return f"{self.host}:{self.port}"


class _Link(aiosmtplib.SMTP):
    """`handed`: the server may have the mail, whatever it said."""

    handed = False

    async def data(self, *args: Any, **kwargs: Any) -> aiosmtplib.SMTPResponse:
        self.handed = True
        return await super().data(*args, **kwargs)


class MailServer:
    """Sends mails to one server. Every failure is a DeliveryError that says what follows from it."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._kept: list[_Link] = []
        self._closing: asyncio.TimerHandle | None = None
        self._leaving: set[asyncio.Task[None]] = set()
        self._context: ssl.SSLContext | None = None

    async def send(self, sender: str, recipient: str, mail: bytes, envelope: str = "") -> tuple[str, str]:
        """The queue id (empty when the server names none) and the server's answer. With an `envelope` id, reports of what
        became of the mail are asked for, where the server offers them."""
        server, loop = self._server, asyncio.get_running_loop()
        end, link = loop.time() + server.timeout, None
        try:
            # Over everything: the name, the banner, each line of each answer.
            async with asyncio.timeout(server.timeout):
                while self._kept:
                    link = self._kept.pop()
                    try:
                        return await self._hand_over(link, sender, recipient, mail, envelope)
                    except aiosmtplib.SMTPServerDisconnected:
                        if link.handed:
                            raise
                    # The server had closed the kept connection, and did not see the mail.
                link = await self._open(end)
                return await self._hand_over(link, sender, recipient, mail, envelope)
        except (aiosmtplib.SMTPException, OSError) as error:
            found = explained(error, server.where, server.timeout, late=loop.time() >= end)
            if (
                found.fault is DeliveryFault.RETRY
                and link is not None
                and link.handed
                and not isinstance(error, _SAID_NO)
            ):
                found.fault = DeliveryFault.AMBIGUOUS
            raise found from None

    async def close(self) -> None:
        """Closes kept connections with a QUIT."""
        if self._closing is not None:
            self._closing.cancel()
        self._drop()
        await asyncio.gather(*self._leaving)

    async def _open(self, end: float) -> _Link:
        server = self._server
        if self._context is None and server.security != "none":
            try:
                self._context = tls_context(server.ca_file or None)
            except OSError as error:
                what = f"our ca_file {server.ca_file} cannot be read: {why(error)}"
                raise DeliveryError("tls", what, fault=DeliveryFault.OURS) from None
        sock = await self._connected(end)
        link = _Link(
            hostname=server.host,
            sock=sock,
            username=server.username or None,
            password=server.password or None,
            local_hostname=server.helo or _literal(sock),
            timeout=server.timeout,
            use_tls=server.security == "tls",
            start_tls=server.security == "starttls",
            tls_context=self._context,
        )
        try:
            await link.connect()
        except BaseException:
            if link.transport is None:
                sock.close()
            raise
        return link

    async def _connected(self, end: float) -> socket.socket:
        """Each of the host's addresses in turn; only the last may take all the time that is left.

        The library would ask the loop for them, whose few threads are kept by a name server that does not answer.
        """
        server, loop = self._server, asyncio.get_running_loop()
        try:
            places = await RESOLVER.places_soon(server.host, server.port, end - loop.time() - _SAID)
        except (OSError, UnicodeError) as error:
            raise DeliveryError("dns", f"no address of {server.host}: {why(error)}") from None
        for number, place in enumerate(places, 1):
            last = number == len(places)
            sock = socket.socket(place.family, socket.SOCK_STREAM)
            sock.setblocking(False)
            try:
                async with asyncio.timeout(None if last else _NEXT_ADDRESS):
                    await loop.sock_connect(sock, place.address)
                    return sock
            except BaseException as error:
                sock.close()
                if last or not isinstance(error, OSError):
                    raise
        raise DeliveryError("dns", f"{server.host} has no address")

    async def _hand_over(
        self, link: _Link, sender: str, recipient: str, mail: bytes, envelope: str
    ) -> tuple[str, str]:
        link.handed = False
        try:
            mail_options, rcpt_options = await _reported(link, envelope)
            _, answer = await link.sendmail(
                sender, [recipient], mail, mail_options=mail_options, rcpt_options=rcpt_options
            )
        except BaseException:
            link.close()
            raise
        self._keep(link)
        found = _QUEUE_ID.search(answer)
        return next(filter(None, found.groups()), "") if found else "", quoted(answer)

    def _keep(self, link: _Link) -> None:
        self._kept.append(link)
        if self._closing is not None:
            self._closing.cancel()
        self._closing = asyncio.get_running_loop().call_later(IDLE, self._drop)

    def _drop(self) -> None:
        while self._kept:
            task = asyncio.get_running_loop().create_task(_leave(self._kept.pop()))
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)


async def _reported(link: aiosmtplib.SMTP, envelope: str) -> tuple[list[str], list[str]]:
    """The options that ask for reports (RFC 3461), where the server lists them in its EHLO."""
    if envelope and link.is_ehlo_or_helo_needed:
        with contextlib.suppress(aiosmtplib.SMTPHeloError):  # it knows HELO only, and no reports
            await link.ehlo()
    if not envelope or not link.supports_extension("dsn"):
        return [], []
    return ["RET=HDRS", f"ENVID={envelope}"], ["NOTIFY=SUCCESS,FAILURE,DELAY"]


async def _leave(link: aiosmtplib.SMTP) -> None:
    """Ends with a QUIT, because servers count a client that just hangs up as an error."""
    with contextlib.suppress(aiosmtplib.SMTPException, OSError):
        await link.quit(timeout=_GOODBYE)
    link.close()


def _literal(sock: socket.socket) -> str:
    """The address that we speak from, as a name in HELO (RFC 5321, 4.1.3): a server knows better than a bare name."""
    address = sock.getsockname()[0]
    return f"[IPv6:{address.partition('%')[0]}]" if sock.family == socket.AF_INET6 else f"[{address}]"
