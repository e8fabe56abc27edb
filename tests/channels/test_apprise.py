"""Apprise: the real library, to a server on loopback; what it must not carry; and that it tries once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.channels.letters import letter
from tests.parts.httpserver import Answer, Fault, HttpServer
from watchtower.channels import problem_of_address
from watchtower.channels.contract import Receipt
from watchtower.channels.kinds.apprise import AppriseChannel
from watchtower.errors import DeliveryError, DeliveryFault
from watchtower.page_kinds import PageKind


async def send(address: str, kind: PageKind = PageKind.NEW, timeout: str = "20s") -> Receipt:
    channel = AppriseChannel(AppriseChannel.Settings(timeout=timeout))
    return await channel.send(replace(letter(kind), address=address))


def url_of(server: HttpServer, more: str = "") -> str:
    return f"json://127.0.0.1:{server.port}/page{more}"


@pytest.mark.parametrize(("kind", "type"), [(PageKind.NEW, "failure"), (PageKind.RESOLVED, "success")])
async def test_a_page_goes_by_a_plug_in(http_server: HttpServer, kind: PageKind, type: str) -> None:
    http_server.on("/page", Answer(200))
    await send(url_of(http_server), kind)
    body = http_server.wait_for("/page").json()
    assert body["type"] == type
    assert body["title"].endswith("] Paylane Checkout")
    assert "Checkout" in body["message"].splitlines()[0]
    assert "INC-7" in body["message"]


async def test_no_is_ambiguous_and_tried_once(http_server: HttpServer) -> None:
    http_server.on("/page", Answer(503))
    with pytest.raises(DeliveryError) as failure:
        await send(url_of(http_server, "?retry=3&optional=yes"))
    assert failure.value.fault is DeliveryFault.AMBIGUOUS
    assert len(http_server.requests_to("/page")) == 1


async def test_one_that_hangs_is_given_up(http_server: HttpServer) -> None:
    http_server.on("/page", Answer(fault=Fault.HANG))
    with pytest.raises(DeliveryError) as failure:
        await send(url_of(http_server), timeout="200ms")
    assert (failure.value.code, failure.value.fault) == ("timeout", DeliveryFault.AMBIGUOUS)


async def test_a_service_that_nobody_knows_is_the_address() -> None:
    with pytest.raises(DeliveryError) as failure:
        await send("nosuchservice://host/path")
    assert failure.value.fault is DeliveryFault.ADDRESS


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("dingtalk://token", "use the channel dingtalk"),
        ("WeComBot://key", "use the channel wecom"),
        ("pagerduty://key@api", "use the channel pagerduty"),
        ("ntfy.example.com/alerts", "is not a URL of Apprise"),
        ("ntfys://a b", "is not a URL of Apprise"),
    ],
)
def test_what_it_must_not_carry_is_refused(address: str, said: str) -> None:
    assert said in str(problem_of_address("apprise", address))
