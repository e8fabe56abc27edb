"""Alibaba Cloud's queues: signed as its SDK signs, read over our own connection, carried out once."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from tests.parts.httpserver import Answer, HttpServer, Request
from watchtower.channels.contract import DeliveryReport
from watchtower.channels.kinds.sms.alibaba import AlibabaSms
from watchtower.channels.kinds.voice.alibaba import AlibabaVoice
from watchtower.channels.listening import Press, Unconfirmed
from watchtower.core.incident.incidents import PageState
from watchtower.errors import DeliveryError, DeliveryFault
from watchtower.signing.mns import queue_headers

VECTORS = json.loads((Path(__file__).parent / "vectors/alibaba_voice.json").read_text("utf-8"))["requests"]
UP, KEYS = "Alicom-Queue-1-SmsUp", "Alicom-Queue-1-VoiceCallReport"


@pytest.mark.parametrize("name", ["ReceiveMessage", "BatchReceiveMessage", "DeleteMessage"])
def test_a_request_is_signed_as_the_sdk_signs(name: str) -> None:
    one = next(one for one in VECTORS if one["name"] == name)
    ours = queue_headers(
        method=one["method"], target=one["target"], date=one["headers"]["date"], key_id="STS.test-id",
        key_secret="queue-secret-3", security_token="token-4",
    )  # fmt: skip
    theirs = {header.lower() for header in ours} & one["headers"].keys()
    assert theirs == {"authorization", "date", "x-mns-version", "security-token"}
    assert all(value == one["headers"][header.lower()] for header, value in ours.items())


class Queue:
    """A queue on loopback: it hands out what was put into it until that is deleted."""

    def __init__(self, server: HttpServer, name: str) -> None:
        self.server, self.waiting = server, dict[str, str]()
        self.place = f"/queues/{name}/messages"
        token = {"AccessKeyId": "STS.1", "AccessKeySecret": "s", "SecurityToken": "t"}
        server.on("/", Answer.json({"Code": "OK", "MessageTokenDTO": token}))
        server.on(self.place, self._hand_out, method="GET")
        server.on(self.place, self._delete, method="DELETE")

    def put(self, message: object) -> None:
        body = message if isinstance(message, str) else json.dumps(message, ensure_ascii=False)
        self.waiting[f"1-{len(self.waiting)}-A="] = base64.b64encode(body.encode()).decode()

    def _hand_out(self, request: Request) -> Answer:
        found = "".join(
            f"<Message><MessageId>m</MessageId><ReceiptHandle>{handle}</ReceiptHandle>"
            f"<MessageBody>{body}</MessageBody></Message>"
            for handle, body in self.waiting.items()
        )
        return Answer(200, f"<?xml?><Messages>{found}</Messages>") if found else Answer(404, "<Error/>")

    def _delete(self, request: Request) -> Answer:
        self.waiting.pop(request.query["ReceiptHandle"][0], None)
        return Answer(204)


class Heard:
    """What a listener tells."""

    def __init__(self) -> None:
        self.up, self.answers = 0, list[str]()
        self.told: asyncio.Queue[Press | DeliveryReport] = asyncio.Queue()

    def connected(self) -> None:
        self.up += 1

    async def pressed(self, press: Press) -> str:
        await self.told.put(press)
        return self.answers.pop(0) if self.answers else "acknowledged"

    async def reported(self, reports: Sequence[DeliveryReport]) -> None:
        for one in reports:
            await self.told.put(one)


def places(server: HttpServer) -> dict[str, Any]:
    url = server.url("").rstrip("/")
    keys = {"access_key_id": "LTAI-test-id", "access_key_secret": "test-secret-9"}
    return {**keys, "queue_endpoint": url, "queue_key_endpoint": url}


def voice(server: HttpServer, *queues: str) -> AlibabaVoice:
    return AlibabaVoice(AlibabaVoice.Settings(says={"zh": "TTS_1"}, queues=queues, **places(server)))


def sms(server: HttpServer, *queues: str) -> AlibabaSms:
    given = {"provider": "alibaba", "sign_name": "守望", "queues": queues, **places(server)}
    return AlibabaSms(AlibabaSms.Settings(**given))


async def test_a_reply_acknowledges_and_leaves_the_queue(http_server: HttpServer) -> None:
    queue, heard, channel = Queue(http_server, UP), Heard(), sms(http_server, UP)
    queue.put({"phone_number": "13800138000", "content": "收到 7", "sign_name": "守望", "sequence_id": 1})
    queue.put({"phone_number": "13800138000", "content": "退订"})
    queue.put({"phone_number": "4915112345678", "content": "ACK INC-9"})
    assert channel.listens
    listening = asyncio.create_task(channel.listen(heard))
    said = [await asyncio.wait_for(heard.told.get(), 10) for _ in range(2)]
    assert said == [Press("+8613800138000", "7"), Press("+4915112345678", "9")]
    await asyncio.to_thread(http_server.wait_for, queue.place, 5)
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    await channel.close()
    assert queue.waiting == {}
    asked = http_server.requests_to(queue.place)[0]
    assert asked.headers["security-token"] == "t"
    assert asked.headers["authorization"].startswith("MNS STS.1:")
    assert http_server.requests_to("/")[0].query["MessageType"] == ["SmsUp"]


async def test_a_reply_that_could_not_be_confirmed_is_brought_again(http_server: HttpServer) -> None:
    queue, heard, channel = Queue(http_server, UP), Heard(), sms(http_server, UP)
    heard.answers = [Unconfirmed("later"), "acknowledged"]
    queue.put({"phone_number": "13800138000", "content": "ACK 7"})
    listening = asyncio.create_task(channel.listen(heard))
    said = [await asyncio.wait_for(heard.told.get(), 10) for _ in range(2)]
    assert said == [Press("+8613800138000", "7")] * 2
    await asyncio.to_thread(http_server.wait_for, queue.place, 4)
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    await channel.close()
    assert queue.waiting == {}


async def test_a_key_is_reported_and_what_cannot_be_read_does_not_come_again(http_server: HttpServer) -> None:
    queue, heard, channel = Queue(http_server, KEYS), Heard(), voice(http_server, KEYS)
    queue.put("no JSON")
    queue.put([3])
    queue.put({"call_id": "1^2", "status_code": "300000", "dtmf": "1", "out_id": "INC-7"})
    listening = asyncio.create_task(channel.listen(heard))
    report = await asyncio.wait_for(heard.told.get(), 10)
    assert report == DeliveryReport(PageState.RECEIVED, reference="1^2", code="300000", acknowledges=True)
    await asyncio.to_thread(http_server.wait_for, queue.place, 4)
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    await channel.close()
    assert queue.waiting == {}


@pytest.mark.parametrize(
    ("keys", "messages", "fault"),
    [
        (Answer.json({"Code": "OK"}), Answer(404), DeliveryFault.OURS),
        (Answer.json({"Code": "isp.RAM_PERMISSION_DENY"}), Answer(404), DeliveryFault.OURS),
        (None, Answer(500), DeliveryFault.RETRY),
    ],
)
async def test_a_queue_that_cannot_be_read_says_why(
    http_server: HttpServer, keys: Answer | None, messages: Answer, fault: DeliveryFault
) -> None:
    queue, heard, channel = Queue(http_server, UP), Heard(), sms(http_server, UP)
    http_server.on(queue.place, messages, method="GET")
    if keys:
        http_server.on("/", keys)
    with pytest.raises(DeliveryError) as caught:
        await asyncio.wait_for(channel.listen(heard), 10)
    await channel.close()
    assert caught.value.fault is fault
    assert heard.up == 0


def test_without_a_queue_nothing_listens_and_a_name_that_is_none_is_refused(http_server: HttpServer) -> None:
    assert not voice(http_server).listens
    assert not sms(http_server).listens
    with pytest.raises(ValidationError, match="is no queue: copy its name"):
        voice(http_server, "SmsUp")
