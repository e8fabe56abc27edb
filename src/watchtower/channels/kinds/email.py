"""E-mail through any mail server; or into a mailbox file.

    [channel.email]
    host = "smtp.example.com"
    username = "alerts@example.com"
    password = "${SMTP_PASSWORD}"
    sender = "Watchtower <alerts@example.com>"

One thread per incident and person: the first mail's Message-ID is made from the thread's name, later mails
refer to it and keep its subject. A repeated attempt is the same mail, with the same Message-ID.
"""

from __future__ import annotations

import email.policy
import re
import socket
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from hashlib import blake2b
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

from watchtower.channels import contract, mail_body, mail_html, sentences, written
from watchtower.channels.bounces import PATIENCE, BounceMailbox, Bounces, xtext
from watchtower.channels.smtp import MailServer, Server
from watchtower.channels.urls import problem_of_secret
from watchtower.core.plan.channels import ChannelTraits
from watchtower.daily_hours import zone_of
from watchtower.errors import DeliveryError
from watchtower.fields import Duration, Field, FileName, HostName, Secret, field_validator, model_validator
from watchtower.model import ChannelName, Instant, Language, Severity, Text
from watchtower.own_thread import own_thread

_NAME = r"(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
_ADDRESS = re.compile(rf"[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~-]+)*@{_NAME}")
_DOMAIN = re.compile(_NAME)
_LITERAL = re.compile(r"\[(IPv6:)?[0-9A-Fa-f.:]{2,45}\]")
_PORTS = {"starttls": 587, "tls": 465, "none": 25}
_RAW_AS_IT_IS = email.policy.SMTP.clone(refold_source="none")
"""Python would fold a long URL into encoded words, in which no mail program finds it."""
_HERE = ("localhost", "127.0.0.1", "::1")


class EmailChannel:
    """Sends a letter as an e-mail."""

    name: ClassVar[ChannelName] = "email"
    traits: ClassVar[ChannelTraits] = ChannelTraits(
        Text("e-mail", "邮件"),
        "An e-mail address.",
        "li@example.com",
        down_to=Severity.P4,
        quiet=True,
        idempotent=True,
        brief=True,
        at_once=4,  # many mail servers take no more connections from one client
    )

    class Settings(contract.ChannelSettings):
        """`[channel.email]`: a mail server (`host`, `sender`) or `mailbox`."""

        host: HostName = Field("", description="the mail server that takes our mail")
        port: int = Field(0, ge=0, le=65535, description="0: 587 for starttls, 465 for tls, 25 for none")
        security: Literal["starttls", "tls", "none"] = "starttls"
        username: str = ""
        password: Secret = Secret("")
        sender: str = Field("", description='as "Watchtower <alerts@example.com>"')
        timeout: Duration = Field(20.0, gt=0, le=30, description="for one mail, connection included")
        ca_file: FileName = Field("", description="authorities to trust, instead of the system's")
        helo: str = Field(
            "", description="our name in HELO, with its domain; by default the sender's domain or our address"
        )
        bounces: BounceMailbox | None = Field(
            None, description="the mailbox of `sender`, from which reports of mail servers are read by IMAP"
        )
        mailbox: FileName = Field("", description="append mails to this mbox file instead of sending them")

        @field_validator("sender")
        @classmethod
        def _sender(cls, value: str) -> str:
            if value and (problem := _problem(parseaddr(value)[1] or value)):
                raise ValueError(f'"{value}" {problem}')
            return value

        @field_validator("helo")
        @classmethod
        def _helo(cls, value: str) -> str:
            if value and not (_DOMAIN.fullmatch(value) and "." in value) and not _LITERAL.fullmatch(value):
                raise ValueError(
                    f'"{value}" is no full name: mail servers refuse it. Write it with its domain, as '
                    '"watch.example.com", or an address, as "[192.0.2.7]"'
                )
            return value

        @model_validator(mode="after")
        def _one_way(self) -> Self:
            if bool(self.host) == bool(self.mailbox):
                raise ValueError(
                    'give either host (a mail server) or mailbox (a local file, as "var/mailbox")'
                )
            if problem := problem_of_secret("password", self.password):
                raise ValueError(problem)
            if self.host and not self.sender:
                raise ValueError('give sender, as "Watchtower <alerts@example.com>"')
            if self.password.get_secret_value() and self.security == "none" and self.host not in _HERE:
                raise ValueError(
                    'the password would cross the network unencrypted: use security = "starttls" or "tls"'
                )
            return self

        @property
        def reports(self) -> bool:
            """Where reports can be read."""
            return self.bounces is not None

    def __init__(self, settings: Settings, redact: Callable[[str], str] = str) -> None:
        self._settings, self._redact = settings, redact
        self._bounces = Bounces(settings.bounces) if settings.bounces is not None else None
        name, address = parseaddr(settings.sender or "Watchtower <watchtower@localhost>")
        self._address = address
        self._sender = Address(sentences.clean(name) or "Watchtower", addr_spec=address)
        self._server = (
            MailServer(
                Server(
                    host=settings.host,
                    port=settings.port or _PORTS[settings.security],
                    security=settings.security,
                    timeout=settings.timeout,
                    username=settings.username,
                    password=settings.password.get_secret_value(),
                    ca_file=settings.ca_file,
                    helo=settings.helo or _full_name(address),
                )
            )
            if settings.host
            else None
        )

    async def pull(self, taken: Sequence[contract.TakenLetter]) -> Sequence[contract.DeliveryReport]:
        """What mail servers have reported since."""
        if self._bounces is None:
            return ()
        return await own_thread(self._bounces.look, "bounces", 3 * PATIENCE)

    def receiver(self, address: str) -> str:
        """The mail server, whoever the mail is for."""
        settings = self._settings
        return f"{settings.host}:{settings.port or _PORTS[settings.security]}"

    @staticmethod
    def problem_of_address(address: str) -> str | None:
        """Why mail cannot be sent there, or None."""
        return _problem(address)

    @staticmethod
    def preview(letter: contract.Letter, settings: Any) -> str:
        """The first line."""
        return mail_body.plain(letter).split("\n", 1)[0]

    async def send(self, letter: contract.Letter) -> contract.Receipt:
        """Hand the mail to the server; the receipt's reference is the server's queue id."""
        return await self._hand_over(
            self.compose(letter), letter.address, xtext(letter.id) if self._bounces else ""
        )

    async def send_notice(self, notice: contract.Notice) -> contract.Receipt:
        """Hand this mail to the server."""
        return await self._hand_over(self.compose_notice(notice), notice.address, "")

    async def _hand_over(self, mail: EmailMessage, address: str, envelope: str) -> contract.Receipt:
        if self._server is None:
            file = Path(self._settings.mailbox)
            await written.append(file, _as_mbox(mail))
            return contract.Receipt(mail["Message-ID"], f"written to {file}")
        try:
            queue_id, answer = await self._server.send(self._address, address, mail.as_bytes(), envelope)
        except DeliveryError as error:
            raise DeliveryError(
                error.code,
                self._hidden(error.detail),
                fault=error.fault,
                retry_after=error.retry_after,
            ) from None
        return contract.Receipt(queue_id, self._hidden(answer))

    async def close(self) -> None:
        """Let connections go."""
        if self._server is not None:
            await self._server.close()

    def compose(self, letter: contract.Letter) -> EmailMessage:
        """The mail: the same for every attempt."""
        message, language = letter.message, letter.language
        root = self._message_id(letter.thread)
        subject = mail_body.subject(message, language)
        mail = self._begun(letter.address, message.at, letter.zone, language)
        # Only the incident's first page opens the thread under the thread's own id. Where that page did not get
        # through, a later one comes first; it must not share the id, or servers would drop one as a duplicate.
        opens = letter.first_of_thread and message.kind.traits.opens
        mail["Subject"] = subject if letter.first_of_thread else f"Re: {subject}"
        mail["Message-ID"] = root if opens else self._message_id(letter.id)
        # Relays such as Amazon SES put another id in its place: the first says, too, which thread it is of.
        mail["References"] = root
        if not opens:
            mail["In-Reply-To"] = root
        mail["X-Watchtower-Incident"] = sentences.clean(message.incident)
        mail["X-Watchtower-Severity"] = message.severity.value
        mail["X-Watchtower-Kind"] = message.kind.value
        _write(mail, mail_body.plain(letter), language)
        mail.add_alternative(mail_html.html(letter), subtype="html", charset="utf-8", cte="base64")
        # Python would draw a new boundary for every attempt.
        mail.set_boundary(f"=_{blake2b(letter.id.encode(), digest_size=12).hexdigest()}")
        return mail

    def compose_notice(self, notice: contract.Notice) -> EmailMessage:
        """The mail: the same for every attempt."""
        mail = self._begun(notice.address, notice.at, "UTC", notice.language)
        mail["Subject"] = sentences.clean(notice.subject)
        mail["Message-ID"] = self._message_id(notice.id)
        if notice.unsubscribe_url:
            mail.policy = _RAW_AS_IT_IS
            mail.set_raw("List-Unsubscribe", f"<{notice.unsubscribe_url}>")
            mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        _write(mail, notice.text, notice.language)
        return mail

    def _begun(self, address: str, at: Instant, zone: str, language: Language) -> EmailMessage:
        mail = EmailMessage(policy=email.policy.SMTP)
        mail["From"] = self._sender
        mail["To"] = Address(addr_spec=address)
        mail["Date"] = format_datetime(datetime.fromtimestamp(at, zone_of(zone)))
        # RFC 3834, and the same for Exchange: nobody's holiday note answers a page.
        mail["Auto-Submitted"] = "auto-generated"
        mail["X-Auto-Response-Suppress"] = "All"
        mail["Content-Language"] = language.tag
        return mail

    def _message_id(self, key: str) -> str:
        return f"<{blake2b(key.encode(), digest_size=16).hexdigest()}@{self._address.rpartition('@')[2]}>"

    def _hidden(self, text: str) -> str:
        password = self._settings.password.get_secret_value()
        return self._redact(text.replace(password, "***") if len(password) >= 4 else text)


def _write(mail: EmailMessage, text: str, language: Language) -> None:
    mail.set_content(text, charset="utf-8", cte="quoted-printable" if language == "en" else "base64")


def _problem(address: str) -> str | None:
    local = address.rpartition("@")[0]
    if _ADDRESS.fullmatch(address) and len(local) <= 64:
        return None
    return 'is not an e-mail address, as "li@example.com"'


def _full_name(sender: str) -> str:
    """Our name for HELO: the host's, where it is a full one, or the sender's domain; else empty.

    A container's bare name is none, and many servers refuse it. Never asks the DNS: that may be what is broken.
    """
    for name in (socket.gethostname(), sender.rpartition("@")[2]):
        if (
            _DOMAIN.fullmatch(name)
            and "." in name
            and not name.endswith((".local", ".localdomain", ".internal"))
        ):
            return name
    return ""


def _as_mbox(mail: EmailMessage) -> bytes:
    """As one entry of an mbox file (RFC 4155): a line of ours before it, and no other that looks like one."""
    text = mail.as_bytes(policy=mail.policy.clone(linesep="\n")).replace(b"\nFrom ", b"\n>From ")
    return f"From watchtower@localhost {time.asctime(time.gmtime())}\n".encode() + text + b"\n\n"
