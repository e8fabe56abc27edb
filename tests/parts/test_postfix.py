"""A real Postfix takes mail, by TLS too, and refuses by code where it is asked to."""

from __future__ import annotations

import re
import smtplib
import ssl
from email.message import EmailMessage

import pytest

from tests.parts.postfix import Postfix


def letter(to: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "watchtower@example.com", to, "P1 下单支付 is silent"
    message.set_content("已 3 分钟无请求")
    return message


def test_mail_by_starttls_is_delivered(postfix: Postfix) -> None:
    trust = ssl.create_default_context(cafile=str(postfix.certificates.authority))
    with smtplib.SMTP(postfix.host, postfix.port, timeout=10) as client:
        client.starttls(context=trust)
        client.mail("watchtower@example.com")
        client.rcpt("starttls@example.com")
        code, answer = client.data(letter("starttls@example.com").as_bytes())
    assert code == 250
    queue_id = re.search(rb"queued as (\w+)", answer)
    assert queue_id is not None
    [mail] = postfix.wait_for("starttls@example.com")
    assert mail["Subject"] == "P1 下单支付 is silent"
    assert "3 分钟" in mail.get_content()
    assert postfix.queue_id_delivered(queue_id.group(1).decode())


def test_mail_by_tls_from_the_first_byte_is_delivered(postfix: Postfix) -> None:
    trust = ssl.create_default_context(cafile=str(postfix.certificates.authority))
    with smtplib.SMTP_SSL(postfix.host, postfix.tls_port, timeout=10, context=trust) as client:
        client.send_message(letter("wrapped@example.com"))
    assert len(postfix.wait_for("wrapped@example.com")) == 1


@pytest.mark.parametrize("code", [421, 450, 452, 550, 554])
def test_an_address_may_ask_to_be_refused(postfix: Postfix, code: int) -> None:
    with smtplib.SMTP(postfix.host, postfix.port, timeout=10) as client:
        client.ehlo()
        client.mail("watchtower@example.com")
        assert client.rcpt(f"refuse-{code}.li@example.com")[0] == code


def test_the_busy_port_refuses_everybody_for_now(postfix: Postfix) -> None:
    with smtplib.SMTP(postfix.host, postfix.busy_port, timeout=10) as client:
        client.ehlo()
        client.mail("watchtower@example.com")
        assert client.rcpt("anybody@example.com")[0] == 450
