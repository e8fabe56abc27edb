"""The page by which the demo shop is broken, and the catcher of its mails and SMS. What probes see of each way is in
tests/scenarios/test_shop_broken.py."""

from __future__ import annotations

import asyncio
import socket
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import pytest
import requests

from demo_shop.customers import buy
from demo_shop.trial import WAYS, Ports, Trial
from tests.parts.child import free_port


@pytest.fixture
async def trial(tmp_path: Path) -> tuple[Trial, Ports]:
    ports = Ports(free_port(), free_port(), free_port(), (free_port(), free_port()), free_port())
    made = Trial(ports, tmp_path / "shop.pem")
    await made.start()
    return made, ports


async def asked(method: str, url: str, **given: object) -> requests.Response:
    return await asyncio.to_thread(requests.request, method, url, timeout=20, **given)


async def test_it_is_broken_and_healed_on_its_page(trial: tuple[Trial, Ports]) -> None:
    made, ports = trial
    page, shop = f"http://127.0.0.1:{ports.page}", f"http://127.0.0.1:{ports.shop}"
    for way in WAYS:
        assert (await asked("POST", f"{page}/ways/{way}", data={"broken": "yes"})).status_code == 200
    shown = (await asked("GET", page)).text
    assert (shown.count("Heal"), shown.count("Break 弄坏")) == (len(WAYS), 0)
    with pytest.raises(requests.ConnectionError):
        await asked("GET", shop)
    await asyncio.to_thread(buy, shop, "web-9")  # whoever gets no answer goes away
    for way in WAYS:
        await asked("POST", f"{page}/ways/{way}", data={"broken": "no"})
    assert (await asked("GET", shop)).status_code == 200
    await asyncio.to_thread(buy, shop, "web-9")
    assert made.broken == set()
    assert 'shop_booked_total{client="web-9"} 1' in (await asked("GET", f"{shop}/metrics")).text


@pytest.mark.parametrize(("way", "form"), [("nothing", "broken=yes"), ("page", "broken=maybe"), ("page", "")])
async def test_what_it_does_not_know_is_refused(trial: tuple[Trial, Ports], way: str, form: str) -> None:
    answer = await asked("POST", f"http://127.0.0.1:{trial[1].page}/ways/{way}", data=form)
    assert (answer.status_code, "certificate" in answer.text) == (422, True)


async def test_mails_and_sms_are_shown(trial: tuple[Trial, Ports]) -> None:
    made, ports = trial
    page = f"http://127.0.0.1:{ports.page}"
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = "支付中断 <b>", "w@example.com", "li@example.com"
    mail.set_content("第 3 步失败\n")
    await aiosmtplib.send(mail, hostname="127.0.0.1", port=ports.mail, start_tls=False)
    sent = {"to": "+8613800000001", "text": "https://watch.example/ack/k7"}
    assert (await asked("POST", f"{page}/sms", json=sent)).json() == {"code": "OK"}
    await made.put("sms", True)
    assert (await asked("POST", f"{page}/sms", json=sent)).json() == {"code": "NO_CREDIT"}
    assert [(one.way, one.to) for one in made.catcher.caught] == [
        ("SMS", sent["to"]),
        ("mail", "li@example.com"),
    ]
    shown = (await asked("GET", page)).text
    assert "支付中断 &lt;b&gt;\n第 3 步失败" in shown
    assert 'href="https://watch.example/ack/k7"' in shown


async def test_a_question_that_is_none_gets_no_answer_and_ends_nothing(trial: tuple[Trial, Ports]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.sendto(b"\0", ("127.0.0.1", trial[1].names[0]))
    assert (await asked("GET", f"http://127.0.0.1:{trial[1].page}")).status_code == 200
