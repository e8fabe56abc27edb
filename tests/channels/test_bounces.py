"""What mail servers report of our mails: asked for, read from a mailbox, and what follows from it."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.channels.letters import letter
from tests.channels.test_email import opened, through
from tests.parts.imap import ImapServer
from tests.parts.postfix import Postfix
from watchtower.channels.bounces import EVERY, BounceMailbox, Bounces, reports_in, xtext
from watchtower.channels.contract import DeliveryReport
from watchtower.core.incident.incidents import PageState
from watchtower.errors import DeliveryError, DeliveryFault
from watchtower.fields import Secret

ID = "INC-7.1.li.email.3f9c01d2a4b6-6748fa31"
PASSWORD = "mailbox-password"


def report(
    action: str, status: str, *, kind: str = "delivery-status", encoding: str = "7bit", **more: str
) -> bytes:
    """As Postfix writes one: a text, the fields, the headers of our mail."""
    fields = (
        f"Reporting-MTA: dns; mx.example.com\nOriginal-Envelope-Id: {more.get('envelope', ID)}\n\n"
        f"Final-Recipient: rfc822; {more.get('to', 'li@example.com')}\nAction: {action}\nStatus: {status}\n"
        "Diagnostic-Code: smtp; 550 no such user\n"
    ).encode()
    if encoding == "base64":
        fields = base64.encodebytes(fields)
    return (
        b"From: MAILER-DAEMON@mx.example.com\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary="=_b/1"\r\n\r\n'
        b"--=_b/1\r\nContent-Type: text/plain\r\n\r\nThis is the mail system.\r\n\r\n"
        + f"--=_b/1\r\nContent-Type: message/{kind}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode()
        + fields.replace(b"\n", b"\r\n")
        + b"\r\n--=_b/1\r\nContent-Type: text/rfc822-headers\r\n\r\nSubject: INC-7\r\n\r\n--=_b/1--\r\n"
    )


def undelivered(code: str, fault: DeliveryFault = DeliveryFault.OTHER_CHANNEL) -> list[DeliveryReport]:
    return [DeliveryReport(PageState.UNDELIVERED, ID, code=code, fault=fault)]


@pytest.mark.parametrize(
    ("mail", "wanted"),
    [
        (report("failed", "5.1.1"), undelivered("5.1.1", DeliveryFault.ADDRESS)),
        (report("failed", "5.2.2 (mailbox full)"), undelivered("5.2.2")),
        (report("Failed", "5.4.4"), undelivered("5.4.4")),
        (report("delivered", "2.0.0"), [DeliveryReport(PageState.RECEIVED, ID)]),
        (report("relayed", "2.0.0"), []),
        (report("delayed", "4.4.1"), []),
        (report("failed", "5.1.1", envelope=""), []),
        (report("failed", "5.1.1", kind="global-delivery-status", to="李@example.com"), undelivered("5.1.1", DeliveryFault.ADDRESS)),
        (report("failed", "5.1.1", encoding="base64"), undelivered("5.1.1", DeliveryFault.ADDRESS)),
        (report("failed", "5.1.1", encoding="quoted-printable"), undelivered("5.1.1", DeliveryFault.ADDRESS)),
        (b"Subject: hello\r\n\r\nis the bank down?\r\n", []),
        (b"", []),
    ],
)  # fmt: skip
def test_what_a_report_says(mail: bytes, wanted: list[DeliveryReport]) -> None:
    assert reports_in(mail) == wanted


@given(st.binary(max_size=300), st.integers(0, 900))
def test_whatever_a_mail_holds_is_read_without_an_error(noise: bytes, at: int) -> None:
    mail = report("failed", "5.1.1")
    reports_in(noise)
    reports_in(mail[:at] + noise + mail[at:])


@pytest.mark.parametrize("id", [ID, "INC-7.1.李.email+1", "a b=c"])
def test_an_id_comes_back_as_it_was(id: str) -> None:
    assert xtext(id).isascii()
    assert [one.page for one in reports_in(report("failed", "5.0.0", envelope=xtext(id)))] == [id]


def mailbox(server: ImapServer, **more: Any) -> BounceMailbox:
    given = {"host": "127.0.0.1", "port": server.port, "username": "alerts", "tls": False, **more}
    return BounceMailbox(**{"password": Secret(PASSWORD), **given})


def again(bounces: Bounces) -> list[DeliveryReport]:
    bounces._looked -= EVERY
    return list(bounces.look())


def test_a_mailbox_is_read_and_marked_only_when_what_it_said_is_recorded() -> None:
    with ImapServer(report("failed", "5.1.1"), report("relayed", "2.0.0")) as server:
        bounces = Bounces(mailbox(server))
        assert list(bounces.look()) == undelivered("5.1.1", DeliveryFault.ADDRESS)
        assert server.seen == set()
        assert list(bounces.look()) == [], "not so soon again"
        assert again(bounces) == []
        assert server.seen == {11, 12}
        server.mails[13] = report("delivered", "2.0.0")
        assert [one.state for one in again(bounces)] == [PageState.RECEIVED]
        assert not any(said.startswith(("EXPUNGE", "UID COPY")) for said in server.said)


def test_a_mailbox_that_refuses_us_is_our_fault_and_hides_the_password() -> None:
    with ImapServer() as server:
        bounces = Bounces(mailbox(server, password=Secret("a-wrong-password")))
        with pytest.raises(DeliveryError) as caught:
            bounces.look()
    assert caught.value.fault is DeliveryFault.OURS
    assert "wrong" in str(caught.value)
    assert "a-wrong-password" not in str(caught.value)


def test_a_mailbox_that_cannot_be_reached_is_asked_later() -> None:
    with ImapServer() as server:
        settings = mailbox(server)
    with pytest.raises(DeliveryError, match=r"127\.0\.0\.1"):
        Bounces(settings).look()


def test_a_password_never_crosses_the_network_in_the_clear() -> None:
    with pytest.raises(ValidationError, match="unencrypted"):
        BounceMailbox(host="imap.example.com", username="a", password="b" * 8, tls=False)


async def test_a_real_server_is_asked_and_its_report_brings_our_id_back(postfix: Postfix) -> None:
    one = replace(letter(), id="INC-7.9.li.email.dsn-1", address="dsn.li@example.com")
    sender = "bounces-here@paylane.example"
    with ImapServer() as server:
        async with opened(**through(postfix, sender=sender, bounces=mailbox(server))) as channel:
            await channel.send(one)
            server.mails[11] = postfix.wait_for(sender, 1)[0].as_bytes()
            assert await channel.pull([]) == [DeliveryReport(PageState.RECEIVED, one.id)]


async def test_without_a_mailbox_nobody_is_asked_for_reports(postfix: Postfix) -> None:
    one = replace(letter(), id="INC-7.10.li.email.dsn-2", address="no-dsn.li@example.com")
    async with opened(**through(postfix, sender="quiet@paylane.example")) as channel:
        await channel.send(one)
        postfix.wait_for("no-dsn.li@example.com", 1)
        assert await channel.pull([]) == ()
    assert postfix.messages("quiet@paylane.example") == []
