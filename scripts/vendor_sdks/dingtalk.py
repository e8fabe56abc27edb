"""What DingTalk's Stream SDK sends: the token, the connection, a card, and the answer to a press."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
from typing import Any

import dingtalk_stream
from dingtalk_stream import card_replier, stream
from recorder import recording

ID, SECRET = "dingabc123", "a-secret-of-dingtalks"
SHOWN = {
    "cardUpdateOptions": {"updateCardDataByKey": True, "updatePrivateDataByKey": True},
    "cardData": {"cardParamMap": {"said": "li 已认领", "button": ""}},
}
PRESSED = {
    "specVersion": "1.0",
    "type": "CALLBACK",
    "headers": {"topic": "/v1.0/card/instances/callback", "messageId": "m1", "time": "1795358390000"},
    "data": json.dumps(
        {
            "outTrackId": "0123456789.INC-7.abc123",
            "userId": "manager1234",
            "content": json.dumps({"cardPrivateData": {"actionIds": ["acknowledge"], "params": {}}}),
        }
    ),
}


class Line:
    """In the place of a WebSocket: keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    async def send(self, text: str) -> None:
        self.sent.append(text)


class Handler(dingtalk_stream.CallbackHandler):
    async def process(self, message: Any) -> tuple[int, Any]:
        return dingtalk_stream.AckMessage.STATUS_OK, SHOWN


with recording("dingtalk", "dingtalk-stream") as recorder:
    url = f"http://127.0.0.1:{recorder.port}"
    stream.DINGTALK_OPENAPI_ENDPOINT = card_replier.DINGTALK_OPENAPI_ENDPOINT = url
    recorder.answer = {"accessToken": "t-1", "expireIn": 7200, "endpoint": "ws://127.0.0.1:1", "ticket": "t"}
    client = dingtalk_stream.DingTalkStreamClient(dingtalk_stream.Credential(ID, SECRET))
    dingtalk_stream.DingTalkStreamClient.OPEN_CONNECTION_API = f"{url}/v1.0/gateway/connections/open"
    client.get_host_ip = lambda: ""
    for topic in ("/v1.0/card/instances/callback", "/v1.0/im/bot/messages/get"):
        client.register_callback_handler(topic, Handler())
    client.open_connection()
    recorder.take("open")
    client.get_access_token()
    recorder.take("token")
    asked = SimpleNamespace(
        sender_id="s", sender_corp_id="c", conversation_id="i", message_id="m", conversation_type="1",
        sender_staff_id="manager1234", hosting_context=None,
    )  # fmt: skip
    replier = card_replier.CardReplier(client, asked)
    replier.create_and_deliver_card("a-template.schema", {"title": "t"}, support_forward=False)
    recorder.take("card")
    line: Any = Line()
    client.websocket = line
    asyncio.run(client.background_task(PRESSED))
    for name, text in {"pressed": json.dumps(PRESSED), "shown": line.sent[0]}.items():
        recorder.requests.append({"name": name, "method": "", "target": "", "headers": {}, "body": text})
