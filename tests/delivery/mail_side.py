"""A mail server on loopback that fails once as it is told, and keeps the mails that it was given."""

from __future__ import annotations

import asyncio
import email
import email.policy
import random
import ssl
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from aiosmtpd.controller import Controller

from tests.delivery.families import Family
from tests.parts.certificates import Pair
from tests.parts.child import Part, free_port
from watchtower.channels.kinds.email import EmailChannel

SENDER = "Watchtower <alerts@paylane.example>"


class MailSide(Part):
    """`first` is what happens to the first mail: `slow down`, `not now`, `hang` or `reset`; then all are taken. `refuses us`: none is. With `take`
    each is told, and one in ten, by `chance`, is not taken."""

    def __init__(
        self, first: str = "", pair: Pair | None = None, take: Callable[[str], None] = lambda _: None,
        chance: random.Random | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.mails: list[str] = []
        """Their texts, also of those that were not taken."""
        self._first, self._pair, self._take, self._chance = first, pair, take, chance
        self.port = free_port()

    def start(self) -> None:
        """Listens, in a thread of its own."""
        tls = None
        if self._pair is not None:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(self._pair.certificate, self._pair.key)
        made = Controller(
            self, hostname="127.0.0.1", port=self.port, server_kwargs={"tls_context": tls}, ready_timeout=30
        )
        made.start()
        self.cleanup.callback(made.stop)

    @property
    def url(self) -> str:
        """Where it is, as `MailFamily.channel` reads it."""
        return f"{'smtps' if self._pair else 'smtp'}://localhost:{self.port}"

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if self._first == "refuses us":
            return "530 5.7.0 authentication required"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if self._happens("slow down"):
            self.mails.append("")
            return "450 4.2.1 slow down"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.mails.append(envelope.content.decode("utf-8", "replace"))
        if self._happens("hang"):
            await asyncio.sleep(3600)
        if self._happens("reset"):
            server.transport.abort()
        if self._chance is not None:
            if self._chance.random() < 0.1:
                return "451 4.3.0 not now"
            mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
            plain = mail.get_body(("plain",))
            self._take(
                f"Message-ID: {mail['Message-ID']}\n{mail['Subject']}\n{plain.get_content() if plain else ''}"
            )
            await asyncio.sleep(0.03 * self._chance.random())
        return "451 4.3.0 not now" if self._happens("not now") else f"250 OK queued as {len(self.mails)}"

    def _happens(self, what: str) -> bool:
        found = self._first == what
        if found:
            self._first = ""
        return found


class MailFamily(Family):
    """Its far side is a mail server."""

    def channel(self, url: str, call: Any) -> EmailChannel:
        parts = urlsplit(url)
        security = "starttls" if parts.scheme == "smtps" else "none"
        given = {"host": parts.hostname, "port": parts.port or 25, "security": security, "sender": SENDER}
        return EmailChannel(EmailChannel.Settings(**given, helo="watch.watchtower.test", **call))  # type: ignore[arg-type]


MAIL = MailFamily("mail", "email", "", {}, "li@example.com", "", {})
