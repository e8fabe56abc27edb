"""E-mail through a real Postfix: threads, both languages, what refusals mean, and nothing that leaks."""

from __future__ import annotations

import asyncio
import email
import email.policy
import mailbox
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.channels.letters import letter
from tests.parts.child import free_port, wait_until
from tests.parts.postfix import Postfix
from watchtower.channels.contract import Letter, Receipt
from watchtower.channels.kinds.email import EmailChannel
from watchtower.errors import DeliveryError, DeliveryFault
from watchtower.model import Language, Text
from watchtower.page_kinds import PageKind

SENDER = "Paylane Watchtower <alerts@paylane.example>"
PASSWORD = "smtp-password-77"


@asynccontextmanager
async def opened(**settings: Any) -> AsyncIterator[EmailChannel]:
    channel = EmailChannel(EmailChannel.Settings(**{"sender": SENDER, "timeout": "10s", **settings}))
    try:
        yield channel
    finally:
        await channel.close()


def through(postfix: Postfix, **settings: Any) -> dict[str, Any]:
    return {
        "host": "localhost",
        "port": postfix.port,
        "ca_file": str(postfix.certificates.authority),
        "helo": "watch.watchtower.test",
        **settings,
    }


async def refused(one: Letter, **settings: Any) -> DeliveryError:
    async with opened(**settings) as channel:
        with pytest.raises(DeliveryError) as caught:
            await channel.send(one)
    return caught.value


def part(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    assert body is not None
    text: str = body.get_content()
    return text


STORY = (PageKind.NEW, PageKind.UPGRADE, PageKind.RESOLVED)


@pytest.mark.parametrize("language", Language)
async def test_an_incident_is_one_thread_in_the_mailbox(postfix: Postfix, language: Language) -> None:
    to = f"thread-{language}@example.com"
    async with opened(**through(postfix)) as channel:
        receipts = [await channel.send(letter(kind, language, to)) for kind in STORY]
    mails = sorted(postfix.wait_for(to, 3), key=lambda m: parsedate_to_datetime(m["Date"]))
    first, second, third = mails
    assert len({mail["Message-ID"] for mail in mails}) == 3
    assert (first["In-Reply-To"], first["References"]) == (None, first["Message-ID"])
    for later in (second, third):
        assert later["In-Reply-To"] == later["References"] == first["Message-ID"]
        assert later["Subject"] == f"Re: {first['Subject']}"
    assert first["Message-ID"].endswith("@paylane.example>")
    assert [mail["X-Watchtower-Severity"] for mail in mails] == ["P1", "P0", "P0"]
    assert [mail["X-Watchtower-Kind"] for mail in mails] == ["new", "upgrade", "resolved"]
    assert {mail["X-Watchtower-Incident"] for mail in mails} == {"INC-7"}
    assert {(mail["Auto-Submitted"], mail["X-Auto-Response-Suppress"]) for mail in mails} == {
        ("auto-generated", "All")
    }
    assert first["Date"] == "Sun, 22 Nov 2026 22:43:10 +0800"
    assert all(postfix.queue_id_delivered(receipt.reference) for receipt in receipts)
    said = "正常应有 412 次" if language is Language.ZH else "412 expected"
    for kind in ("plain", "html"):
        assert said in part(first, kind)
        assert "https://watch.example/ack/Zk3vQ9xLm2pT7w" in part(first, kind)
    assert first["From"].addresses[0].display_name == "Paylane Watchtower"


async def test_the_server_is_left_with_a_goodbye(postfix: Postfix) -> None:
    async with opened(**through(postfix)) as channel:
        receipt = await channel.send(letter(to="goodbye@example.com"))
    postfix.wait_for("goodbye@example.com")
    [process] = re.findall(rf"smtpd\[(\d+)\]: {receipt.reference}: client=", postfix.journal())

    def end() -> list[str]:
        after = postfix.journal().partition(receipt.reference)[2]
        return re.findall(rf"smtpd\[{process}\]: disconnect from (.*)", after)

    wait_until(end, "the end of the session")
    assert "quit=1" in end()[0]


async def test_mail_by_tls_from_the_first_byte(postfix: Postfix) -> None:
    to = "wrapped-page@example.com"
    async with opened(**through(postfix, port=postfix.tls_port, security="tls")) as channel:
        await channel.send(letter(to=to))
    assert len(postfix.wait_for(to)) == 1


async def test_a_certificate_that_nobody_vouches_for_is_refused(postfix: Postfix) -> None:
    error = await refused(letter(), **through(postfix, ca_file=""))
    assert (error.code, error.permanent) == ("tls", False)
    assert "certificate refused" in error.detail


@pytest.mark.parametrize(
    ("code", "permanent"), [(421, False), (450, False), (452, False), (550, True), (554, False)]
)
async def test_the_recipients_refusal_says_whether_another_attempt_makes_sense(
    postfix: Postfix, code: int, permanent: bool
) -> None:
    error = await refused(letter(to=f"refuse-{code}@example.com"), **through(postfix))
    assert (error.code, error.permanent) == (str(code), permanent)
    assert "refused, as the address asks" in error.detail


async def test_after_a_refusal_the_next_recipient_gets_theirs(postfix: Postfix) -> None:
    async with opened(**through(postfix)) as channel:
        with pytest.raises(DeliveryError):
            await channel.send(letter(to="refuse-550.second@example.com"))
        await channel.send(letter(to="after-refusal@example.com"))
    assert postfix.wait_for("after-refusal@example.com")


async def test_a_busy_server_is_tried_again_later(postfix: Postfix) -> None:
    error = await refused(letter(), **through(postfix, port=postfix.busy_port))
    assert (error.code, error.permanent) == ("450", False)


async def test_nobody_listening_is_said_in_words() -> None:
    port = free_port()
    error = await refused(letter(), host="127.0.0.1", port=port)
    assert (error.code, error.permanent) == ("connect", False)
    assert error.detail == f"cannot reach 127.0.0.1:{port}: connection refused"


class Scripted:
    """A mail server that answers MAIL, RCPT and DATA as told."""

    def __init__(self, **answers: str) -> None:
        self.answers = answers
        self.mails: list[bytes] = []
        self.connections: set[Any] = set()

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        envelope.mail_from = address
        return self.answers.get("mail", "250 OK")

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        envelope.rcpt_tos.append(address)
        self.connections.add(session.peer)
        return self.answers.get("rcpt", "250 OK")

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.mails.append(envelope.content)
        return self.answers.get("data", "250 2.0.0 Ok: queued as 4XyZ12")


def scripted(handler: Scripted, **options: Any) -> Controller:
    return Controller(handler, hostname="127.0.0.1", port=free_port(), **options)


class Leaving(Scripted):
    """It is gone once it has the second mail, without a word."""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        said = await super().handle_DATA(server, session, envelope)
        if len(self.mails) == 2:
            server.transport.abort()
        return said


async def test_of_a_server_that_leaves_with_the_mail_nobody_knows_and_it_is_not_sent_again() -> None:
    handler = Leaving()
    server = scripted(handler)
    server.start()
    try:
        async with opened(host="127.0.0.1", port=server.port, security="none") as channel:
            await channel.send(letter())
            with pytest.raises(DeliveryError) as caught:
                await channel.send(letter())  # over the connection that was kept
    finally:
        server.stop()
    assert (caught.value.code, caught.value.fault) == ("disconnected", DeliveryFault.AMBIGUOUS)
    assert len(handler.mails) == 2


@pytest.mark.parametrize(
    ("answers", "code", "permanent"),
    [
        ({"mail": "553 5.7.1 not your sender"}, "553", False),  # the operator can mend the sender
        ({"data": "552 5.3.4 too big"}, "552", False),  # the content is ours
        ({"data": "451 4.3.0 disk full"}, "451", False),
        ({"rcpt": "550 5.1.1 no such user"}, "550", True),
        ({"data": "550 5.2.0 Spam message rejected"}, "550", False),
    ],
)
async def test_each_refusal_says_who_can_mend_it(answers: dict[str, str], code: str, permanent: bool) -> None:
    server = scripted(Scripted(**answers))
    server.start()
    try:
        error = await refused(letter(), host="127.0.0.1", port=server.port, security="none")
    finally:
        server.stop()
    assert (error.code, error.permanent) == (code, permanent)


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")  # on loopback, on purpose
async def test_a_wrong_password_is_said_without_the_password_and_tried_again() -> None:
    def deny(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=False, handled=False, message=f"535 5.7.8 bad password {PASSWORD}")

    server = scripted(Scripted(), authenticator=deny, auth_require_tls=False, auth_required=True)
    server.start()
    try:
        settings = {
            "host": "127.0.0.1",
            "port": server.port,
            "security": "none",
            "username": "u",
            "password": PASSWORD,
        }
        error = await refused(letter(), **settings)
    finally:
        server.stop()
    assert (error.code, error.permanent) == ("535", False)
    assert "user name and password" in error.detail
    assert PASSWORD not in str(error)
    assert PASSWORD not in repr(EmailChannel.Settings(sender=SENDER, **settings))


async def test_a_server_without_starttls_gets_neither_mail_nor_password() -> None:
    handler = Scripted()
    server = scripted(handler)
    server.start()
    try:
        error = await refused(letter(), host="127.0.0.1", port=server.port, username="u", password=PASSWORD)
    finally:
        server.stop()
    assert (error.code, error.permanent) == ("unsupported", False)
    assert not handler.mails


async def test_a_connection_that_the_server_closed_meanwhile_costs_no_attempt() -> None:
    handler = Scripted()
    server = scripted(handler)
    server.start()
    port = server.port
    async with opened(host="127.0.0.1", port=port, security="none") as channel:
        await channel.send(letter())
        server.stop()
        server = Controller(handler, hostname="127.0.0.1", port=port)
        server.start()
        receipt = await channel.send(letter(PageKind.RESOLVED))
    server.stop()
    assert receipt == Receipt("4XyZ12", "2.0.0 Ok: queued as 4XyZ12")
    assert len(handler.mails) == 2


async def test_a_burst_uses_few_connections_and_one_after_the_other_uses_one() -> None:
    handler = Scripted()
    server = scripted(handler)
    server.start()
    try:
        async with opened(host="127.0.0.1", port=server.port, security="none") as channel:
            for _ in range(3):
                await channel.send(letter())
            assert len(handler.connections) == 1
            await asyncio.gather(*(channel.send(letter()) for _ in range(4)))
            await asyncio.gather(*(channel.send(letter()) for _ in range(4)))
            assert len(handler.mails) == 11
            assert len(handler.connections) == 4
    finally:
        server.stop()


async def test_a_server_that_says_nothing_runs_out_of_time() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        error = await refused(letter(), host="127.0.0.1", port=port, security="none", timeout="300ms")
    assert (error.code, error.permanent) == ("timeout", False)


def channel() -> EmailChannel:
    return EmailChannel(EmailChannel.Settings(host="mail.example", sender=SENDER))


def test_a_repeated_attempt_is_the_same_mail() -> None:
    assert channel().compose(letter()).as_bytes() == channel().compose(letter()).as_bytes()


def test_a_page_that_comes_first_because_the_first_was_lost_has_an_id_of_its_own() -> None:
    opened = channel().compose(letter())
    later = channel().compose(replace(letter(PageKind.UPGRADE), first_of_thread=True))
    assert later["Message-ID"] != opened["Message-ID"]
    assert later["References"] == opened["Message-ID"]
    assert later["Subject"] == opened["Subject"]


def test_another_person_has_a_thread_of_their_own() -> None:
    other = replace(letter(), thread="INC-7.wang.email", responder="wang")
    assert channel().compose(other)["Message-ID"] != channel().compose(letter())["Message-ID"]


INJECTED = "Checkout\r\nBcc: everyone@example.com\r\n\r\n<b>free text</b>\u2028X-Evil: 1\x00"


@given(st.text(max_size=60).map(lambda text: text + INJECTED))
def test_no_title_adds_a_header(title: str) -> None:
    text = Text(title, title)
    mail = channel().compose(letter(title=text, product=text, incident=title, acknowledged_by=title))
    raw = mail.as_bytes()
    head = raw.split(b"\r\n\r\n", 1)[0].lower()
    assert b"\nbcc:" not in head
    assert b"\nx-evil" not in head
    assert mail["Bcc"] is None
    assert set(mail.keys()) == set(channel().compose(letter()).keys())


def test_a_long_chinese_title_survives_the_header() -> None:
    long = "核心交易链路" * 20
    mail = channel().compose(letter(language=Language.ZH, title=Text(long, long)))
    raw = mail.as_bytes()
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert long in email.message_from_bytes(raw, policy=email.policy.default)["Subject"]


async def test_a_mailbox_file_stands_in_for_a_server(tmp_path: Path) -> None:
    file = tmp_path / "var" / "mailbox"
    async with opened(mailbox=str(file), sender="") as channel:
        receipt = await channel.send(letter())
        await channel.send(letter(PageKind.RESOLVED))
    box = mailbox.mbox(file)
    assert next(iter(box))["Message-ID"] == receipt.reference
    assert len(box) == 2
    assert not list(file.parent.glob("*.lock"))


async def test_a_mailbox_that_cannot_be_written_is_tried_again_later(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    error = await refused(letter(), mailbox=str(tmp_path / "file" / "mailbox"))
    assert (error.code, error.permanent) == ("file", False)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "give either host (a mail server) or mailbox"),
        (
            {"host": "mail.example", "mailbox": "x", "sender": SENDER},
            "give either host (a mail server) or mailbox",
        ),
        ({"host": "mail.example"}, "give sender"),
        ({"host": "mail.example", "sender": "nobody"}, '"nobody" is not an e-mail address'),
        ({"host": "mail.example", "sender": SENDER, "security": "none", "password": "x"}, "unencrypted"),
        ({"host": "mail.example", "sender": SENDER, "security": "ssl"}, "'starttls', 'tls' or 'none'"),
        ({"host": "mail.example", "sender": SENDER, "port": "587"}, "valid integer"),
    ],
)
def test_wrong_settings_are_refused_with_a_reason(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        EmailChannel.Settings(**settings)
    assert said in str(caught.value)
