"""Feishu: the app's cards, urgency, receipts and button; the robot's signature; what follows from each refusal."""

from __future__ import annotations

import asyncio
import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from tests.channels.heard import Heard
from tests.channels.letters import letter
from tests.channels.recorded import recorded
from tests.parts.feishu import API, Feishu
from tests.parts.httpserver import Answer, HttpServer
from watchtower.channels.contract import Letter, TakenLetter
from watchtower.channels.feishu_frames import FeishuFrame, decode
from watchtower.channels.kinds.feishu.app import FeishuApp
from watchtower.channels.kinds.feishu.robot import FeishuRobot, sign
from watchtower.channels.listening import Press
from watchtower.core.incident.incidents import PageState
from watchtower.errors import DeliveryError, DeliveryFault
from watchtower.fields import Secret
from watchtower.model import Language
from watchtower.page_kinds import PageKind

LI = "ou_7d8a6e6df7621556ce0d21922b676706"
SECRET = "a-secret-of-feishus"


def app(server: HttpServer, **settings: Any) -> FeishuApp:
    return FeishuApp(
        FeishuApp.Settings(app_id="cli_a1", app_secret=Secret(SECRET), url=server.url("/"), **settings)
    )


def page(kind: PageKind = PageKind.NEW, to: str = LI, **changes: Any) -> Letter:
    return replace(letter(kind, to=to, **changes), button="INC-7.abc123")


def card_in(request: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(request.json()["content"])
    return found


async def test_a_page_is_a_card_to_one_person(http_server: HttpServer) -> None:
    async with Feishu(http_server):
        receipt = await app(http_server).send(page())
    request = http_server.wait_for(API)
    body, card = request.json(), card_in(request)
    assert receipt.reference == "om_1"
    assert request.query == {"receive_id_type": ["open_id"]}
    assert (body["receive_id"], body["msg_type"]) == (LI, "interactive")
    assert len(body["uuid"]) <= 50
    assert card["schema"] == "2.0"
    assert card["header"] == {
        "title": {"tag": "plain_text", "content": "[P1] Paylane Checkout"},
        "template": "orange",
    }
    assert card["config"]["summary"]["content"].startswith(
        "[P1] Paylane Checkout: No requests for 3 min 20 s"
    )
    *blocks, acknowledge, brief = card["body"]["elements"]
    told, steps = (block["text"]["content"] for block in blocks)
    assert told.startswith("No requests for 3 min 20 s, 412 expected\n")
    assert "Since: 22:39:50 UTC+8, 3 min 20 s ago" in told
    assert "Switch to the standby gateway" in steps
    assert "https://wiki.example/sop/flow-silent" in steps
    assert acknowledge["behaviors"] == [
        {"type": "callback", "value": {"about": "INC-7.abc123", "by": "open_id"}}
    ]
    assert brief["behaviors"] == [
        {"type": "open_url", "default_url": "https://watch.example/incidents/INC-7"}
    ]
    assert all(block["text"]["tag"] == "plain_text" for block in blocks)


async def test_an_attempt_that_is_repeated_has_the_same_uuid(http_server: HttpServer) -> None:
    async with Feishu(http_server):
        channel = app(http_server)
        await channel.send(page())
        await channel.send(page())
        await channel.send(page(PageKind.RESOLVED))
    first, again, other = (one.json()["uuid"] for one in http_server.requests_to(API))
    assert first == again != other


@pytest.mark.parametrize(
    ("kind", "changes", "colour"),
    [
        (PageKind.UPGRADE, {}, "red"),
        (PageKind.RESOLVED, {}, "green"),
        (PageKind.DOWNGRADE, {}, "yellow"),
        (PageKind.TEST, {}, "grey"),
    ],
)
async def test_the_colour_of_the_head(
    http_server: HttpServer, kind: PageKind, changes: dict[str, Any], colour: str
) -> None:
    async with Feishu(http_server):
        await app(http_server).send(page(kind, **changes))
    assert card_in(http_server.wait_for(API))["header"]["template"] == colour


async def test_in_a_group_and_where_nobody_listens_the_link_acknowledges(http_server: HttpServer) -> None:
    async with Feishu(http_server):
        await app(http_server).send(page(to="oc_84983ff6516d731e5b5f68d4ea2e1da5"))
        await app(http_server, listen=False).send(page())
    for request in http_server.requests_to(API):
        buttons = [one for one in card_in(request)["body"]["elements"] if one["tag"] == "button"]
        assert [one["behaviors"][0]["type"] for one in buttons] == ["open_url", "open_url"]
        assert buttons[0]["behaviors"][0]["default_url"] == "https://watch.example/ack/Zk3vQ9xLm2pT7w"
    assert http_server.requests_to(API)[0].query == {"receive_id_type": ["chat_id"]}


async def test_one_token_serves_many_pages_and_a_void_one_is_renewed(http_server: HttpServer) -> None:
    async with Feishu(http_server) as feishu:
        channel = app(http_server)
        await asyncio.gather(*(channel.send(page()) for _ in range(5)))
        assert feishu.tokens == 1
        feishu.tokens = 2  # what was given holds no more
        with pytest.raises(DeliveryError) as failure:
            await channel.send(page())
        assert (failure.value.code, failure.value.fault) == ("99991663", DeliveryFault.RETRY)
        await channel.send(page())
    assert feishu.tokens == 3


async def test_urgent_by_what_the_table_says_and_only_for_who_is_asked(http_server: HttpServer) -> None:
    async with Feishu(http_server):
        channel = app(http_server, urgent=["app", "phone"])
        http_server.on(f"{API}/om_1/urgent_phone", Answer.json({"code": 230024, "msg": "quota"}, status=400))
        receipt = await channel.send(page())
        await channel.send(page(PageKind.RESOLVED))
        await channel.send(page(informs=True))
        await channel.send(page(PageKind.DOWNGRADE))
    assert receipt.answer == "taken, urgent by app, not urgent by phone: 230024"
    urged = sorted((one for one in http_server.requests if "urgent" in one.path), key=lambda one: one.path)
    assert [(one.method, one.path.rpartition("/")[2]) for one in urged] == [
        ("PATCH", "urgent_app"),
        ("PATCH", "urgent_phone"),
    ]
    assert urged[0].json() == {"user_id_list": [LI]}
    assert urged[0].query == {"user_id_type": ["open_id"]}


@pytest.mark.parametrize(
    ("code", "status", "fault"),
    [
        (230013, 400, DeliveryFault.ADDRESS),
        (230053, 400, DeliveryFault.ADDRESS),
        (99992351, 400, DeliveryFault.ADDRESS),
        (230020, 400, DeliveryFault.RETRY),
        (99991400, 429, DeliveryFault.RETRY),
        (11232, 200, DeliveryFault.RETRY),
        (230006, 400, DeliveryFault.OURS),
        (230099, 400, DeliveryFault.OURS),
        (99991672, 400, DeliveryFault.OURS),
        (4711, 500, DeliveryFault.RETRY),
    ],
)
async def test_what_follows_from_a_refusal(
    http_server: HttpServer, code: int, status: int, fault: DeliveryFault
) -> None:
    async with Feishu(http_server):
        http_server.on(API, Answer.json({"code": code, "msg": f"no, {SECRET}"}, status=status))
        with pytest.raises(DeliveryError) as failure:
            await app(http_server).send(page())
    assert (failure.value.code, failure.value.fault) == (str(code), fault)
    assert SECRET not in str(failure.value)


async def test_a_wrong_secret_is_our_fault(http_server: HttpServer) -> None:
    async with Feishu(http_server):
        path = "/open-apis/auth/v3/tenant_access_token/internal"
        http_server.on(path, Answer.json({"code": 10014, "msg": "app secret invalid"}))
        with pytest.raises(DeliveryError) as failure:
            await app(http_server).send(page())
    assert failure.value.fault is DeliveryFault.OURS


async def test_who_has_read_is_told_when_asked(http_server: HttpServer) -> None:
    read = {"user_id": LI, "user_id_type": "open_id", "timestamp": "1795358490000"}
    async with Feishu(http_server):
        http_server.on(f"{API}/om_1/read_users", Answer.json({"code": 0, "data": {"items": [read]}}))
        http_server.on(f"{API}/om_2/read_users", Answer.json({"code": 0, "data": {"items": []}}))
        http_server.on(f"{API}/om_3/read_users", Answer.json({"code": 230033, "msg": "old"}, status=400))
        taken = [TakenLetter(f"p{n}", f"om_{n}", LI, 0.0) for n in (3, 2, 1)]
        taken.append(TakenLetter("p4", "om_4", "oc_84983ff6516d731e5b5f68d4ea2e1da5", 0.0))
        [report] = await app(http_server).pull(taken)
    assert (report.page, report.reference, report.state) == ("p1", "om_1", PageState.READ)
    assert report.at == 1795358490.0


@pytest.mark.parametrize("parts", [1, 3])
async def test_a_press_acknowledges_and_the_card_says_so(http_server: HttpServer, parts: int) -> None:
    async with Feishu(http_server) as feishu:
        channel, heard = app(http_server), Heard()
        await channel.send(page(language=Language.ZH))
        task = asyncio.create_task(channel.listen(heard))
        shown = await feishu.press("om_1", LI, {"about": "INC-7.abc123", "by": "open_id"}, parts)
        task.cancel()
    assert heard.presses == [Press(LI, "INC-7.abc123")]
    assert shown["toast"] == {"type": "info", "content": "li 已认领"}
    card = shown["card"]["data"]
    assert shown["card"]["type"] == "raw"
    assert card["body"]["elements"][0]["text"]["content"] == "li 已认领"
    assert card["header"]["title"]["content"] == "[P1] 付道 下单支付"
    assert http_server.wait_for("/callback/ws/endpoint").json() == {"AppID": "cli_a1", "AppSecret": SECRET}


async def test_a_press_on_a_card_of_before_a_restart_counts_too(http_server: HttpServer) -> None:
    async with Feishu(http_server) as feishu:
        heard = Heard()
        task = asyncio.create_task(app(http_server).listen(heard))
        shown = await feishu.press("om_9", LI, {"about": "INC-7.abc123", "by": "union_id"})
        task.cancel()
    assert heard.presses == [Press(f"on{LI[2:]}", "INC-7.abc123")]
    assert shown == {"toast": {"type": "info", "content": "li 已认领"}}


async def test_what_is_no_press_of_ours_breaks_nothing(http_server: HttpServer) -> None:
    async with Feishu(http_server) as feishu:
        channel, heard = app(http_server), Heard()
        task = asyncio.create_task(channel.listen(heard))
        for payload in (b"no json", b"[]", b'{"header":{"event_type":"card.action.trigger"},"event":{}}'):
            await feishu.send(FeishuFrame({1: 1, 2: 1, 3: 33, 4: 1}, {"type": "event", "sum": "1"}, payload))
        await feishu.send(FeishuFrame({1: 1, 2: 1, 3: 33, 4: 1}, {"type": "card"}, b"old"))
        shown = await feishu.press("om_1", LI, {"about": "7", "by": "open_id"})
        task.cancel()
    assert shown["toast"]["content"] == "li 已认领"
    assert heard.presses == [Press(LI, "7")]


async def test_a_connection_that_breaks_is_said(http_server: HttpServer) -> None:
    async with Feishu(http_server) as feishu:
        task = asyncio.create_task(app(http_server).listen(Heard()))
        await asyncio.wait_for(feishu.up.wait(), 5)
        await feishu.hang_up()
        with pytest.raises(DeliveryError) as failure:
            await asyncio.wait_for(task, 5)
    assert failure.value.code in ("reset", "closed")


async def test_an_app_without_the_right_to_listen_says_so(http_server: HttpServer) -> None:
    http_server.on("/callback/ws/endpoint", Answer.json({"code": 1000040344, "msg": "no credential"}))
    with pytest.raises(DeliveryError, match="1000040344"):
        await app(http_server).listen(Heard())


def test_a_frame_that_is_none_is_refused() -> None:
    for data in (b"\x08", b"\xff" * 20, b"\x2a\x05ab", b"\x0d\x01\x02\x03\x04"):
        with pytest.raises(ValueError, match="Feishu"):
            decode(data)


async def robot_says(http_server: HttpServer, answer: Any, **settings: Any) -> Any:
    http_server.on("/hook", Answer.json(answer))
    channel = FeishuRobot(FeishuRobot.Settings(provider="robot", **settings))
    await channel.send(page(to=http_server.url("/hook")))
    return http_server.wait_for("/hook").json()


async def test_a_robot_takes_a_signed_card_without_a_button(http_server: HttpServer) -> None:
    body = await robot_says(http_server, {"code": 0, "msg": "success"}, secret=Secret("s3cr3t-key"))
    assert body["msg_type"] == "interactive"
    assert body["sign"] == sign("s3cr3t-key", body["timestamp"])
    buttons = [one for one in body["card"]["body"]["elements"] if one["tag"] == "button"]
    assert {one["behaviors"][0]["type"] for one in buttons} == {"open_url"}
    unsigned = await robot_says(http_server, {"StatusCode": 0, "StatusMessage": "success"})
    assert "sign" in unsigned  # the first request; the second one has none
    assert "sign" not in http_server.wait_for("/hook", 2).json()


def test_the_signature_is_that_of_public_programs() -> None:
    # By `openssl dgst -sha256 -hmac $'1599360473\ns3cr3t' </dev/null`.
    assert sign("s3cr3t", "1599360473") == "FWybWOj9zQpX2vSqsqPBAll39NxHPOckCTILwEDNjzM="


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        (19021, DeliveryFault.OURS),
        (19022, DeliveryFault.OURS),
        (19024, DeliveryFault.OURS),
        (19001, DeliveryFault.ADDRESS),
        (11232, DeliveryFault.RETRY),
    ],
)
async def test_a_robot_refuses_inside_a_200(http_server: HttpServer, code: int, fault: DeliveryFault) -> None:
    with pytest.raises(DeliveryError) as failure:
        await robot_says(http_server, {"code": code, "msg": "no"})
    assert (failure.value.code, failure.value.fault) == (str(code), fault)


async def test_requests_are_those_of_feishus_own_sdk(http_server: HttpServer) -> None:
    async with Feishu(http_server) as feishu:
        http_server.on(f"{API}/om_1/read_users", Answer.json({"code": 0, "data": {}}))
        channel = app(http_server, urgent=["phone"])
        await channel.send(page())
        await channel.pull([TakenLetter("p1", "om_1", LI, 0.0)])
        task = asyncio.create_task(channel.listen(Heard()))
        await asyncio.wait_for(feishu.up.wait(), 5)
        task.cancel()
    for name, ours in zip(
        ("token", "send", "urgent_phone", "read_users", "endpoint"), http_server.requests, strict=True
    ):
        [theirs] = recorded("feishu", name)
        path, _, _ = theirs.target.partition("?")
        assert (ours.method, ours.path) == (theirs.method, path)
        assert {key: [value] for key, value in theirs.query.items()} == ours.query
        assert ours.headers.get("authorization") == theirs.headers.get("authorization")
        if theirs.body:
            said = json.loads(theirs.body)
            assert ours.json().keys() == said.keys()
            assert name == "send" or ours.json() == said


def test_frames_are_those_of_feishus_own_sdk() -> None:
    def frame(name: str) -> bytes:
        return bytes.fromhex(recorded("feishu", name)[0].body)

    assert FeishuFrame.control("ping", 33).encode() == frame("ping")
    assert decode(frame("pressed")).encode() == frame("pressed")
    assert decode(frame("shown")).encode() == frame("shown")


async def test_the_answer_to_a_press_is_that_of_feishus_own_sdk(http_server: HttpServer) -> None:
    theirs = decode(bytes.fromhex(recorded("feishu", "shown")[0].body))
    async with Feishu(http_server) as feishu:
        task = asyncio.create_task(app(http_server).listen(Heard()))
        await feishu.send(decode(bytes.fromhex(recorded("feishu", "pressed")[0].body)))
        ours = await asyncio.wait_for(feishu.frames.get(), 5)
        task.cancel()
    ours.headers["biz_rt"] = theirs.headers["biz_rt"]  # milliseconds that it took
    assert (ours.numbers, ours.headers, ours.texts) == (theirs.numbers, theirs.headers, theirs.texts)
    said, wanted = (json.loads(one.payload or b"") for one in (ours, theirs))
    assert json.loads(base64.b64decode(said.pop("data"))) == json.loads(base64.b64decode(wanted.pop("data")))
    assert said == wanted
