"""DingTalk: the app's message, card, DING and Stream; the robot's signature; what follows from each refusal."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from tests.channels.heard import Heard
from tests.channels.letters import letter
from tests.channels.recorded import recorded
from tests.parts.dingtalk import CARD, DING, MESSAGE, READ, DingTalk
from tests.parts.httpserver import Answer, Fault, HttpServer
from watchtower.channels import dingtalk_stream
from watchtower.channels.contract import Letter, TakenLetter
from watchtower.channels.kinds.dingtalk.app import DingTalkApp
from watchtower.channels.kinds.dingtalk.robot import DingTalkRobot, sign
from watchtower.channels.listening import Press
from watchtower.core.incident.incidents import PageState
from watchtower.errors import DeliveryError, DeliveryFault
from watchtower.fields import Secret
from watchtower.page_kinds import PageKind

ID, SECRET = "dingabc123", "a-secret-of-dingtalks"
LI = "manager1234"


def app(server: HttpServer, **settings: Any) -> DingTalkApp:
    url = server.url("").rstrip("/")
    return DingTalkApp(DingTalkApp.Settings(client_id=ID, client_secret=Secret(SECRET), url=url, **settings))


def page(kind: PageKind = PageKind.NEW, to: str = LI, **changes: Any) -> Letter:
    return replace(letter(kind, to=to, **changes), button="INC-7.abc123")


async def test_a_page_is_a_message_of_the_robot_to_one_person(http_server: HttpServer) -> None:
    async with DingTalk(http_server) as dingtalk:
        receipt = await app(http_server).send(page())
        await app(http_server).send(page(PageKind.RESOLVED))
        assert dingtalk.tokens == 2
    body = http_server.wait_for(MESSAGE).json()
    said = json.loads(body["msgParam"])
    assert receipt.reference == "k1"
    assert (body["robotCode"], body["userIds"], body["msgKey"]) == (ID, [LI], "sampleMarkdown")
    assert said["title"].startswith("[P1] Paylane Checkout: No requests for 3 min 20 s")
    assert said["text"].startswith(
        "### [P1] Paylane Checkout\n\nNo requests for 3 min 20 s, 412 expected\n\n"
    )
    assert "[Acknowledge](https://watch.example/ack/Zk3vQ9xLm2pT7w)" in said["text"]
    assert not http_server.requests_to(DING)


async def test_what_an_alert_quotes_makes_no_link(http_server: HttpServer) -> None:
    from tests.channels.letters import SILENT
    from watchtower.model import Text

    evil = "look [here](https://evil.example) <font>"
    async with DingTalk(http_server):
        await app(http_server).send(page(because=(replace(SILENT, text=Text(evil, evil)),)))
    text = json.loads(http_server.wait_for(MESSAGE).json()["msgParam"])["text"]
    assert "](https://evil" not in text
    assert "<" not in text


async def test_with_a_template_it_is_a_card_and_a_press_acknowledges(http_server: HttpServer) -> None:
    async with DingTalk(http_server) as dingtalk:
        channel, heard = app(http_server, card_template="a-template.schema"), Heard()
        receipt = await channel.send(page())
        task = asyncio.create_task(channel.listen(heard))
        pressed = {"outTrackId": receipt.reference, "userId": LI, "content": "{}"}
        answer = await dingtalk.tell("CALLBACK", dingtalk_stream.CARD, pressed)
        pong = await dingtalk.tell("SYSTEM", "ping", {"opaque": "4711"})
        task.cancel()
        assert dingtalk.asked == ["GET /connect?ticket=a+ticket%2B%2F%3D HTTP/1.1"]
    body = http_server.wait_for(CARD).json()
    assert body["openSpaceId"] == f"dtv1.card//IM_ROBOT.{LI}"
    assert body["cardData"]["cardParamMap"]["button"] == "Acknowledge"
    assert body["cardData"]["cardParamMap"]["link1"] == "https://watch.example/incidents/INC-7"
    assert heard.presses == [Press(LI, "INC-7.abc123")]
    assert (answer["code"], answer["headers"]["messageId"]) == (200, "m1")
    assert json.loads(answer["data"])["response"]["cardData"]["cardParamMap"]["said"] == "li 已认领"
    assert json.loads(pong["data"]) == {"opaque": "4711"}


@pytest.mark.parametrize("text", ["ACK 7", " ack INC-7 ", "认领 7", "认领7"])
async def test_a_reply_acknowledges_and_is_answered(http_server: HttpServer, text: str) -> None:
    told = {"senderStaffId": LI, "conversationType": "1", "text": {"content": text}}
    async with DingTalk(http_server) as dingtalk:
        heard = Heard()
        task = asyncio.create_task(app(http_server).listen(heard))
        await dingtalk.say({"headers": {}})  # what is none of ours breaks nothing
        await dingtalk.tell("CALLBACK", dingtalk_stream.REPLY, told | {"text": {"content": "hello"}})
        await dingtalk.tell("CALLBACK", dingtalk_stream.REPLY, told)
        task.cancel()
    assert heard.presses == [Press(LI, "7")]
    [said] = http_server.requests_to(MESSAGE)
    assert json.loads(said.json()["msgParam"]) == {"content": "li 已认领"}


async def test_a_ding_comes_after_the_message_and_fails_nothing(http_server: HttpServer) -> None:
    async with DingTalk(http_server):
        channel = app(http_server, urgent=("app", "phone"))
        first = await channel.send(page())
        http_server.on(DING, Answer.json({"code": "ding.serverquota.insufficient"}, status=400))
        second = await channel.send(page())
        await channel.send(page(PageKind.RESOLVED))
    assert first.answer == "taken, DING by app, DING by phone"
    assert (
        second.answer
        == "taken, no DING by app: ding.serverquota.insufficient, no DING by phone: ding.serverquota.insufficient"
    )
    dinged = [one.json() for one in http_server.requests_to(DING)]
    assert sorted(one["remindType"] for one in dinged) == [1, 1, 3, 3]
    assert dinged[0]["receiverUserIdList"] == [LI]


@pytest.mark.parametrize(
    ("status", "said", "code", "fault"),
    [
        (200, {"invalidStaffIdList": [LI]}, "invalidStaff", DeliveryFault.ADDRESS),
        (200, {"flowControlledStaffIdList": [LI]}, "flowControlled", DeliveryFault.OTHER_CHANNEL),
        (400, {"code": "staffId.notExisted"}, "staffId.notExisted", DeliveryFault.ADDRESS),
        (403, {"code": "Forbidden.AccessDenied.AccessTokenPermissionDenied"}, None, DeliveryFault.OURS),
        (400, {"code": "invalidParameter.robotCode.notExsit"}, None, DeliveryFault.OURS),
        (429, {"code": "Throttling.User"}, "Throttling.User", DeliveryFault.RETRY),
        (503, {"code": "ServiceUnavailable"}, "ServiceUnavailable", DeliveryFault.RETRY),
        (401, {"code": "InvalidAuthentication"}, "InvalidAuthentication", DeliveryFault.RETRY),
    ],
)
async def test_what_follows_from_a_refusal(
    http_server: HttpServer, status: int, said: Any, code: str | None, fault: DeliveryFault
) -> None:
    async with DingTalk(http_server):
        http_server.on(MESSAGE, Answer.json(said, status=status))
        with pytest.raises(DeliveryError) as failure:
            await app(http_server).send(page())
    assert failure.value.fault is fault
    assert failure.value.code == (code or said["code"])


@pytest.mark.parametrize("answer", [Answer(200, "<html>login</html>"), Answer(200, fault=Fault.RESET)])
async def test_while_no_token_comes_no_message_can_have_gone(http_server: HttpServer, answer: Answer) -> None:
    """An ambiguous page is sent three times and no more, each as a possible repeat."""
    async with DingTalk(http_server):
        http_server.on("/v1.0/oauth2/accessToken", answer)
        with pytest.raises(DeliveryError) as failure:
            await app(http_server).send(page())
    assert failure.value.fault is DeliveryFault.RETRY
    assert not http_server.requests_to(MESSAGE)


async def test_a_card_that_was_not_delivered_goes_another_way(http_server: HttpServer) -> None:
    refused = {"success": True, "result": {"deliverResults": [{"success": False, "errorMsg": "no robot"}]}}
    async with DingTalk(http_server):
        http_server.on(CARD, Answer.json(refused))
        with pytest.raises(DeliveryError, match="no robot") as failure:
            await app(http_server, card_template="t.schema").send(page())
    assert failure.value.fault is DeliveryFault.OTHER_CHANNEL


async def test_who_has_read_is_told_when_asked(http_server: HttpServer) -> None:
    read = {"userId": LI, "readStatus": "READ", "readTimestamp": 1795358490000}
    async with DingTalk(http_server):
        http_server.on(READ, Answer.json({"messageReadInfoList": [read, {**read, "userId": "another"}]}))
        [report] = await app(http_server).pull([TakenLetter("p1", "k 1", LI, 0.0)])
    assert (report.page, report.state, report.at) == ("p1", PageState.READ, 1795358490.0)
    assert http_server.wait_for(READ).query == {"robotCode": [ID], "processQueryKey": ["k 1"]}


async def test_requests_and_answers_are_those_of_dingtalks_own_sdk(http_server: HttpServer) -> None:
    async with DingTalk(http_server) as dingtalk:
        channel = app(http_server, card_template="a-template.schema")
        await channel.send(page())
        task = asyncio.create_task(channel.listen(Heard()))
        await dingtalk.say(json.loads(recorded("dingtalk", "pressed")[0].body))
        answer = await asyncio.wait_for(dingtalk.answers.get(), 5)
        task.cancel()
    requests = dict(zip(("token", "card", "open"), http_server.requests, strict=True))
    for name, ours in requests.items():
        [theirs] = recorded("dingtalk", name)
        assert (ours.method, ours.path) == (theirs.method, theirs.target)
        token = "x-acs-dingtalk-access-token"
        assert ours.headers.get(token) == theirs.headers.get(token)
    said = {name: json.loads(recorded("dingtalk", name)[0].body) for name in requests}
    assert requests["token"].json() == said["token"]
    for key in ("clientId", "clientSecret", "subscriptions"):
        assert requests["open"].json()[key] == said["open"][key]
    ours_card = requests["card"].json()
    for key in ("cardTemplateId", "callbackType", "openSpaceId"):
        assert ours_card[key] == said["card"][key]
    assert said["card"].keys() - {"imGroupOpenSpaceModel"} <= ours_card.keys()
    theirs_shown = json.loads(recorded("dingtalk", "shown")[0].body)
    assert (answer["code"], answer["headers"]) == (theirs_shown["code"], theirs_shown["headers"])
    assert json.loads(answer["data"]) == json.loads(theirs_shown["data"])


async def robot_says(http_server: HttpServer, answer: Any, **settings: Any) -> Any:
    http_server.on("/robot/send", Answer.json(answer))
    channel = DingTalkRobot(DingTalkRobot.Settings(provider="robot", **settings))
    await channel.send(page(to=http_server.url("/robot/send?access_token=a1")))
    return http_server.wait_for("/robot/send")


async def test_the_robots_signature_is_encoded_once(http_server: HttpServer) -> None:
    request = await robot_says(http_server, {"errcode": 0, "errmsg": "ok"}, secret=Secret("SECa+b/c="))
    at, said = request.query["timestamp"][0], request.query["sign"][0]
    assert request.query["access_token"] == ["a1"]
    assert said == sign("SECa+b/c=", at)
    assert len(at) == 13
    assert request.json()["msgtype"] == "markdown"
    # By `printf '1599360473000\ns3cr3t' | openssl dgst -sha256 -hmac s3cr3t -binary | base64`.
    assert sign("s3cr3t", "1599360473000") == "4w3yzfInWe8pTFtE9Wn5i9mX2NGfwDdObJnayqZKBgk="


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        (310000, DeliveryFault.OURS),
        (130101, DeliveryFault.OTHER_CHANNEL),
        (300001, DeliveryFault.ADDRESS),
        (400102, DeliveryFault.ADDRESS),
        (430102, DeliveryFault.OURS),
        (-1, DeliveryFault.RETRY),
    ],
)
async def test_a_robot_refuses_inside_a_200(http_server: HttpServer, code: int, fault: DeliveryFault) -> None:
    with pytest.raises(DeliveryError) as failure:
        await robot_says(http_server, {"errcode": code, "errmsg": "no"})
    assert (failure.value.code, failure.value.fault) == (str(code), fault)
