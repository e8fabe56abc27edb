"""What mail servers report of our mails (RFC 3464), read from the mailbox to which they send it, by IMAP.

    [channel.email]
    bounces = { host = "imap.example.com", username = "alerts@example.com", password = "${IMAP_PASSWORD}" }

Each mail carries the page's id as its envelope id (ENVID), and every report brings it back. A mail that was `relayed` is
not known to have arrived.
"""

from __future__ import annotations

import base64
import binascii
import quopri
import re
import time
from collections.abc import Sequence
from email import message_from_bytes
from email.message import Message
from typing import TYPE_CHECKING, Self

from watchtower.channels.contract import DeliveryReport
from watchtower.channels.urls import problem_of_secret
from watchtower.channels.why import tls_trouble, why
from watchtower.core.incident.incidents import PageState
from watchtower.errors import DeliveryError, DeliveryFault
from watchtower.fields import Field, FileName, HostName, Secret, Settings, model_validator
from watchtower.trust import tls_context

if TYPE_CHECKING:
    import imaplib

PATIENCE, EVERY = 20.0, 30.0
"""Seconds for each answer of the server, and from one look to the next at least."""
AT_ONCE, LARGEST = 50, 1 << 18
"""Mails that are read in one go, and bytes of each: a report comes first, our own mail after it."""
_BECAME = {"failed": PageState.UNDELIVERED, "delivered": PageState.RECEIVED}
_HERE = ("localhost", "127.0.0.1", "::1")
_HEX = re.compile(r"\+([0-9A-F]{2})")


class BounceMailbox(Settings):
    """`bounces` of `[channel.email]`: the mailbox of `sender`."""

    host: HostName = Field(description="the IMAP server")
    port: int = Field(993, ge=1, le=65535)
    username: str
    password: Secret
    folder: str = Field("INBOX", max_length=100)
    ca_file: FileName = Field("", description="authorities to trust, instead of the system's")
    tls: bool = Field(True, description="false only for a server on this machine")

    @model_validator(mode="after")
    def _safe(self) -> Self:
        if problem := problem_of_secret("password", self.password):
            raise ValueError(problem)
        if not self.tls and self.host not in _HERE:
            raise ValueError("the password would cross the network unencrypted: leave tls out")
        return self


def xtext(text: str) -> str:
    """As an envelope id may be written (RFC 3461, 4)."""
    return "".join(
        chr(byte) if 33 <= byte <= 126 and byte not in b"+=" else f"+{byte:02X}" for byte in text.encode()
    )


def reports_in(mail: bytes) -> list[DeliveryReport]:
    """Every report in this mail; none where it is another mail, or of a mail that was not ours. Total."""
    blocks = _blocks(mail.replace(b"\r\n", b"\n"))
    if not blocks:
        return []
    page = _HEX.sub(lambda found: chr(int(found[1], 16)), _field(blocks[0], "Original-Envelope-Id"))
    page = page.encode("latin-1", "replace").decode("utf-8", "replace")
    out = []
    for block in blocks[1:]:
        state = _BECAME.get(_field(block, "Action").lower())
        status = _field(block, "Status").partition(" ")[0][:20]
        if page and state is not None:
            fault = DeliveryFault.ADDRESS if status.startswith("5.1.") else DeliveryFault.OTHER_CHANNEL
            code = status if state is PageState.UNDELIVERED else ""
            out.append(DeliveryReport(state, page, fault=fault, code=code))
    return out


def _blocks(mail: bytes) -> list[Message]:
    """The blocks of fields in the part with the delivery status. Python's own parser gives the first one of a part in
    UTF-8 (`global-delivery-status`), and none of one in base64."""
    boundary = message_from_bytes(mail.partition(b"\n\n")[0] + b"\n\n").get_boundary()
    for part in mail.split(b"--" + boundary.encode("utf-8", "replace")) if boundary else ():
        head, _, body = part.lstrip(b"\n").partition(b"\n\n")
        header = message_from_bytes(head + b"\n\n")
        if (
            not str(header.get("Content-Type", ""))
            .lower()
            .startswith(("message/delivery-status", "message/global-delivery-status"))
        ):
            continue
        match str(header.get("Content-Transfer-Encoding", "")).strip().lower():
            case "base64":
                try:
                    body = base64.b64decode(body)
                except binascii.Error:
                    return []
            case "quoted-printable":
                body = quopri.decodestring(body)
        texts = re.split(rb"\n[ \t]*\n", body.replace(b"\r\n", b"\n").strip())
        return [message_from_bytes(text + b"\n\n") for text in texts]
    return []


def _field(block: Message, name: str) -> str:
    return " ".join(str(block.get(name, "")).split())


class Bounces:
    """The mailbox, over one connection a look. Blocks; one look at a time."""

    def __init__(self, settings: BounceMailbox) -> None:
        self._settings = settings
        self._looked = -EVERY
        self._read: list[bytes] = []
        """Mails that were read by the last look: seen from the next on, when what they say is recorded."""

    def look(self) -> Sequence[DeliveryReport]:
        """What came since; nothing so soon after the last look. Raises DeliveryError."""
        import imaplib  # for those who read a mailbox

        if time.monotonic() < self._looked + EVERY:
            return ()
        self._looked = time.monotonic()
        settings = self._settings
        where = f"{settings.host}:{settings.port}"
        try:
            with self._opened() as server:
                return self._reports(server)
        except imaplib.IMAP4.error as error:
            hidden = str(error).replace(settings.password.get_secret_value(), "***")[:200]
            raise DeliveryError("imap", f"{where} refuses us: {hidden}", fault=DeliveryFault.OURS) from None
        except OSError as error:
            raise DeliveryError("connect", f"{where}: {tls_trouble(error) or why(error)}") from None

    def _reports(self, server: imaplib.IMAP4) -> Sequence[DeliveryReport]:
        settings, out = self._settings, list[DeliveryReport]()
        server.login(settings.username, settings.password.get_secret_value())
        status, _ = server.select(f'"{settings.folder}"')
        if status != "OK":
            raise server.error(f"there is no folder {settings.folder}")
        for one in self._read:
            server.uid("STORE", one.decode(), "+FLAGS", "(\\Seen)")
        _, found = server.uid("SEARCH", "UNSEEN", "HEADER", "Content-Type", "delivery-status")
        read = [one for one in (found[0] or b"").split() if one not in self._read][:AT_ONCE]
        for one in read:
            _, parts = server.uid("FETCH", one.decode(), f"(BODY.PEEK[]<0.{LARGEST}>)")
            mails = (part[1] for part in parts if isinstance(part, tuple))
            out += [report for mail in mails for report in reports_in(mail)]
        self._read = read
        return out

    def _opened(self) -> imaplib.IMAP4:
        import imaplib

        settings = self._settings
        if not settings.tls:
            return imaplib.IMAP4(settings.host, settings.port, timeout=PATIENCE)
        context = tls_context(settings.ca_file or None)
        return imaplib.IMAP4_SSL(settings.host, settings.port, ssl_context=context, timeout=PATIENCE)
