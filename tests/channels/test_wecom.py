"""WeCom: the app's and the robot's text of 2,048 bytes, and what follows from each refusal inside a 200."""

from __future__ import annotations

from typing import Any

import pytest

from tests.channels.letters import letter
from tests.parts.httpserver import Answer, HttpServer, Request
from watchtower.channels.contract import Receipt
from watchtower.channels.kinds.wecom.app import WeComApp
from watchtower.channels.kinds.wecom.robot import WeComRobot
from watchtower.errors import DeliveryError, DeliveryFault
from watchtower.fields import Secret
from watchtower.model import Language, Text

SEND, SECRET = "/cgi-bin/message/send", "a-secret-of-wecoms"


def app(server: HttpServer, answer: Any, **settings: Any) -> WeComApp:
    tokens = iter(range(1, 9))

    def token(request: Request) -> Answer:
        assert request.query == {"corpid": ["ww1"], "corpsecret": [SECRET]}
        return Answer.json({"errcode": 0, "access_token": f"t-{next(tokens)}", "expires_in": 7200})

    server.on("/cgi-bin/gettoken", token)
    server.on(SEND, *(Answer.json(one) for one in (answer if isinstance(answer, list) else [answer])))
    url = server.url("").rstrip("/")
    return WeComApp(
        WeComApp.Settings(corp_id="ww1", agent_id=1000002, secret=Secret(SECRET), url=url, **settings)
    )


async def test_a_page_is_a_text_that_is_told_once(http_server: HttpServer) -> None:
    channel = app(http_server, {"errcode": 0, "errmsg": "ok", "invaliduser": "", "msgid": "m1"})
    assert await channel.send(letter(to="LiLei")) == Receipt("m1", "taken")
    await channel.send(letter(to="LiLei"))
    first, again = http_server.requests_to(SEND)
    assert first.body == again.body
    body = first.json()
    assert first.query == {"access_token": ["t-1"]}
    assert (body["touser"], body["agentid"], body["msgtype"]) == ("LiLei", 1000002, "text")
    assert (body["enable_duplicate_check"], body["duplicate_check_interval"]) == (1, 1800)
    lines = body["text"]["content"].splitlines()
    assert lines[0].startswith("[P1] Paylane Checkout: No requests for 3 min 20 s")
    assert lines[1] == "Acknowledge: https://watch.example/ack/Zk3vQ9xLm2pT7w"
    assert len(http_server.requests_to("/cgi-bin/gettoken")) == 1


async def test_a_chinese_page_keeps_to_the_bytes(http_server: HttpServer) -> None:
    steps = tuple(Text("x", "检查网关是否拒绝连接" * 8) for _ in range(20))
    await app(http_server, {"errcode": 0}).send(letter(language=Language.ZH, to="LiLei", sop_steps=steps))
    text = http_server.wait_for(SEND).json()["text"]["content"]
    assert 1500 < len(text.encode()) <= 2048
    assert "https://watch.example/ack/" in text


@pytest.mark.parametrize(
    ("said", "code", "fault"),
    [
        ({"errcode": 0, "invaliduser": "zhang|lilei"}, "invaliduser", DeliveryFault.ADDRESS),
        ({"errcode": 0, "unlicenseduser": "LiLei"}, "unlicenseduser", DeliveryFault.ADDRESS),
        ({"errcode": 81013, "invaliduser": "LiLei"}, "81013", DeliveryFault.ADDRESS),
        ({"errcode": 45009}, "45009", DeliveryFault.OTHER_CHANNEL),
        ({"errcode": 60020}, "60020", DeliveryFault.OURS),
        ({"errcode": 40056}, "40056", DeliveryFault.OURS),
        ({"errcode": -1}, "-1", DeliveryFault.RETRY),
    ],
)
async def test_what_follows_from_a_refusal(
    http_server: HttpServer, said: Any, code: str, fault: DeliveryFault
) -> None:
    with pytest.raises(DeliveryError) as failure:
        await app(http_server, {"errmsg": SECRET, **said}).send(letter(to="LiLei"))
    assert (failure.value.code, failure.value.fault) == (code, fault)
    assert SECRET not in str(failure.value)


async def test_a_void_token_is_renewed_at_the_next_attempt(http_server: HttpServer) -> None:
    channel = app(http_server, [{"errcode": 42001}, {"errcode": 0}])
    with pytest.raises(DeliveryError) as failure:
        await channel.send(letter(to="LiLei"))
    assert failure.value.fault is DeliveryFault.RETRY
    await channel.send(letter(to="LiLei"))
    assert [one.query["access_token"] for one in http_server.requests_to(SEND)] == [["t-1"], ["t-2"]]


@pytest.mark.parametrize(
    ("errcode", "fault"),
    [
        (0, None),
        (93000, DeliveryFault.ADDRESS),
        (45009, DeliveryFault.OTHER_CHANNEL),
        (40058, DeliveryFault.OURS),
    ],
)
async def test_a_robot_says_it_inside_a_200(
    http_server: HttpServer, errcode: int, fault: DeliveryFault | None
) -> None:
    http_server.on("/cgi-bin/webhook/send", Answer.json({"errcode": errcode, "errmsg": "said"}))
    channel = WeComRobot(WeComRobot.Settings(provider="robot"))
    one = letter(to=http_server.url("/cgi-bin/webhook/send?key=k1"))
    if fault is None:
        await channel.send(one)
    else:
        with pytest.raises(DeliveryError) as failure:
            await channel.send(one)
        assert failure.value.fault is fault
    request = http_server.wait_for("/cgi-bin/webhook/send")
    assert request.query == {"key": ["k1"]}
    assert request.json()["msgtype"] == "text"
