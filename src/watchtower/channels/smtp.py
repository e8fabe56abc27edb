"""The way to the mail server: connections opened when needed, kept a few seconds for a burst, then closed."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import ssl
import time
from dataclasses import dataclass

import aiosmtplib

from watchtower.channels.why import tls_trouble, why
from watchtower.errors import DeliveryError

AT_ONCE = 4
"""Connections at one time; further letters wait their turn."""
IDLE = 5.0
"""Seconds that an unused connection is kept."""

_GOODBYE = 2.0

_QUEUE_ID = re.compile(r"queued as ([\w.-]+)|\bid=([\w.-]+)|InternalId=(\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Server:
    """Where mail is handed in. `security` is `starttls`, `tls` or `none`; times are seconds."""

    host: str
    port: int
    security: str
    timeout: float
    username: str = ""
    password: str = ""
    ca_file: str = ""
    hello: str = ""


class MailServer:
    """Hands mails to one server. Every failure is a DeliveryError that says whether it is for good."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._kept: list[aiosmtplib.SMTP] = []
        self._closing: asyncio.TimerHandle | None = None
        self._leaving: set[asyncio.Task[None]] = set()
        self._context: ssl.SSLContext | None = None

    async def send(self, sender: str, recipient: str, mail: bytes) -> tuple[str, str]:
        """The queue id (empty when the server names none) and the server's answer."""
        server = self._server
        end = time.monotonic() + server.timeout
        try:
            async with asyncio.timeout(server.timeout), self._slots:
                while self._kept:
                    link = self._kept.pop()
                    with contextlib.suppress(aiosmtplib.SMTPServerDisconnected):
                        return await self._hand_over(link, sender, recipient, mail)
                    # The server had closed the kept connection. Had it taken the mail, the next has the same Message-ID.
                return await self._hand_over(await self._open(), sender, recipient, mail)
        except (aiosmtplib.SMTPException, OSError) as error:
            raise _explained(error, server, late=time.monotonic() >= end) from None

    async def close(self) -> None:
        """Take leave of the server on what is kept."""
        if self._closing is not None:
            self._closing.cancel()
        self._drop()
        await asyncio.gather(*self._leaving)

    async def _open(self) -> aiosmtplib.SMTP:
        server = self._server
        if self._context is None and server.security != "none":
            self._context = ssl.create_default_context(cafile=server.ca_file or None)
        link = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username or None,
            password=server.password or None,
            # Without a name of ours, the library asks the DNS for one, which may be what is broken.
            local_hostname=server.hello or socket.gethostname() or "localhost",
            timeout=server.timeout,
            use_tls=server.security == "tls",
            start_tls=server.security == "starttls",
            tls_context=self._context,
        )
        await link.connect()
        return link

    async def _hand_over(
        self, link: aiosmtplib.SMTP, sender: str, recipient: str, mail: bytes
    ) -> tuple[str, str]:
        try:
            _, answer = await link.sendmail(sender, [recipient], mail)
        except BaseException:
            link.close()
            raise
        self._keep(link)
        found = _QUEUE_ID.search(answer)
        return next(filter(None, found.groups()), "") if found else "", " ".join(answer.split())[:200]

    def _keep(self, link: aiosmtplib.SMTP) -> None:
        self._kept.append(link)
        if self._closing is not None:
            self._closing.cancel()
        self._closing = asyncio.get_running_loop().call_later(IDLE, self._drop)

    def _drop(self) -> None:
        while self._kept:
            task = asyncio.get_running_loop().create_task(_leave(self._kept.pop()))
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)


async def _leave(link: aiosmtplib.SMTP) -> None:
    """With a QUIT: a server notes a client that just hangs up as trouble."""
    with contextlib.suppress(aiosmtplib.SMTPException, OSError):
        await link.quit(timeout=_GOODBYE)
    link.close()


def _explained(error: BaseException, server: Server, *, late: bool) -> DeliveryError:
    """Whose fault, and whether for good. What the operator can mend (access, sender, TLS) is tried again."""
    where = f"{server.host}:{server.port}"
    match error:
        case aiosmtplib.SMTPRecipientsRefused() if error.recipients:
            refused = error.recipients[0]
            return DeliveryError(str(refused.code), _quoted(refused.message), permanent=refused.code >= 500)
        case aiosmtplib.SMTPAuthenticationError():
            return DeliveryError(str(error.code), f"{where} refuses the user name and password")
        case aiosmtplib.SMTPDataError():
            return DeliveryError(str(error.code), _quoted(error.message), permanent=error.code >= 500)
        case aiosmtplib.SMTPSenderRefused():
            return DeliveryError(str(error.code), f"refuses the sender: {_quoted(error.message)}")
        case aiosmtplib.SMTPResponseException():
            return DeliveryError(str(error.code), _quoted(error.message))
    if trouble := tls_trouble(error):
        return DeliveryError("tls", f"{where}: {trouble}")
    if late or isinstance(error, TimeoutError):
        return DeliveryError("timeout", f"no answer of {where} within {server.timeout:g} s")
    if isinstance(error, aiosmtplib.SMTPConnectError):
        return DeliveryError("connect", f"cannot reach {where}: {why(error)}")
    if isinstance(error, aiosmtplib.SMTPServerDisconnected):
        return DeliveryError("disconnected", f"{where} closed the connection")
    if isinstance(error, aiosmtplib.SMTPException):
        # STARTTLS, AUTH or SMTPUTF8 is not offered: the library's own sentence.
        return DeliveryError("unsupported", f"{where}: {_quoted(str(error.message))}")
    return DeliveryError("connect", f"cannot reach {where}: {why(error)}")


def _quoted(answer: str) -> str:
    return " ".join(answer.split())[:200]
