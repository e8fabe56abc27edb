"""A mail server's refusal is the recipient's fault only where it speaks of their mailbox; a real Postfix says no."""

from __future__ import annotations

import re

import pytest

from tests.channels.letters import letter
from tests.channels.test_email import opened, refused, through
from tests.parts.postfix import Postfix
from watchtower.channels.kinds.email import _full_name
from watchtower.channels.smtp import MailServer, Server
from watchtower.channels.smtp_answers import about_the_recipient, quoted
from watchtower.errors import DeliveryError


async def test_by_default_our_name_is_a_full_one(postfix: Postfix) -> None:
    settings = through(postfix, port=postfix.picky_port, helo="")
    async with opened(**settings) as channel:
        await channel.send(letter(to="by-domain@example.com"))
    async with opened(**settings | {"sender": "watchtower@localhost"}) as channel:
        await channel.send(letter(to="by-address@example.com"))
    [by_address] = postfix.wait_for("by-address@example.com")
    assert re.search(r"from (\S+)", str(by_address["Received"])).group(1) != "localhost"  # type: ignore[union-attr]
    assert postfix.wait_for("by-domain@example.com")


@pytest.mark.parametrize(
    ("sender", "name"),
    [("w@paylane.example", "paylane.example"), ("watchtower@localhost", ""), ("w@corp.local", "")],
)
def test_a_bare_name_is_none(sender: str, name: str) -> None:
    assert _full_name(sender) in (name, _full_name("w@localhost") or name)


async def test_a_server_that_dislikes_our_name_refuses_us(postfix: Postfix) -> None:
    server = MailServer(Server("127.0.0.1", postfix.picky_port, "none", 10.0, helo="3f2a9c0d1b7e"))
    with pytest.raises(DeliveryError) as caught:
        await server.send("alerts@paylane.example", "li@example.com", b"Subject: x\r\n\r\nx\r\n")
    await server.close()
    assert (caught.value.code, caught.value.permanent) == ("504", False)
    assert f"127.0.0.1:{postfix.picky_port} refuses us, not the recipient: 5.5.2" in caught.value.detail
    assert "need fully-qualified hostname" in caught.value.detail


async def test_a_server_that_dislikes_our_address_refuses_us(postfix: Postfix) -> None:
    error = await refused(letter(), **through(postfix, port=postfix.closed_port))
    assert (error.code, error.permanent) == ("554", False)
    assert "refuses us, not the recipient: 5.7.1" in error.detail


async def test_an_unknown_person_is_refused_for_good(postfix: Postfix) -> None:
    error = await refused(letter(to="refuse-550@example.com"), **through(postfix))
    assert (error.code, error.permanent) == ("550", True)
    assert error.detail.startswith("refuses the recipient: 5.1.1")


PERSON, US = True, False


@pytest.mark.parametrize(
    ("code", "answer", "whose"),
    [
        (
            550,
            "5.1.1 <li@example.com>: Recipient address rejected: User unknown in virtual mailbox table",
            PERSON,
        ),
        (
            550,
            "5.1.1 The email account that you tried to reach does not exist. https://support.example/",
            PERSON,
        ),
        (550, "5.1.2 Host unknown", PERSON),
        (550, "5.1.10 RESOLVER.ADR.RecipientNotFound", PERSON),
        (552, "5.2.2 Mailbox full", PERSON),
        (554, "5.2.1 mailbox disabled", PERSON),
        (550, "no such user here", PERSON),
        (550, "Mailbox unavailable", PERSON),
        (553, "mailbox name not allowed", PERSON),
        (504, "5.5.2 <3f2a>: Helo command rejected: need fully-qualified hostname", US),
        (550, "5.1.8 <w@x>: Sender address rejected: Domain not found", US),
        (550, "5.1.7 bad sender mailbox", US),
        (550, "5.1.0 <w@x>: Sender address rejected: User unknown in local recipient table", US),
        (554, "5.7.1 <unknown[10.0.0.7]>: Client host rejected: Access denied", US),
        (554, "5.7.1 <li@example.com>: Relay access denied", US),
        (550, "5.7.26 Unauthenticated email from x is not accepted due to domain's DMARC policy", US),
        (550, "5.4.1 Recipient address rejected: Access denied", US),
        (550, "Access denied - Invalid HELO name (See RFC2821 4.1.1.1)", US),
        (550, "relay not permitted", US),
        (553, "sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)", US),
        (550, "High probability of spam", US),
        (551, "Blocked by reputation", US),
        (554, "transaction failed", US),
        (501, "5.1.3 Bad recipient address syntax", PERSON),
        (450, "4.2.0 <li@example.com>: Recipient address rejected: Greylisted", US),
        (452, "4.2.2 mailbox full", US),
    ],
)
def test_whose_fault_it_is(code: int, answer: str, whose: bool) -> None:
    assert about_the_recipient(code, answer, at_rcpt=True) is whose


def test_of_the_content_only_an_enhanced_code_speaks_of_the_mailbox() -> None:
    assert not about_the_recipient(550, "no such user", at_rcpt=False)
    assert about_the_recipient(552, "5.2.2 over quota", at_rcpt=False)


def test_an_answer_that_is_no_utf_8_is_read_as_what_it_is() -> None:
    raw = "550 用户不存在".encode("gbk").decode("utf-8", "surrogateescape")
    assert quoted(raw) == "550 用户不存在"
    quoted("\udce4 half").encode()  # nothing that cannot be written
