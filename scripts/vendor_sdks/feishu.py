"""What Feishu's SDK sends: a message, its urgency, who has read it, and the frames of the long connection."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import lark_oapi as lark
from lark_oapi.api.im.v1 import (
    CreateMessageRequest,
    CreateMessageRequestBody,
    ReadUsersMessageRequest,
    UrgentPhoneMessageRequest,
    UrgentReceivers,
)
from lark_oapi.event.callback.model.p2_card_action_trigger import P2CardActionTriggerResponse
from lark_oapi.ws.client import _new_ping_frame
from lark_oapi.ws.pb.pbbp2_pb2 import Frame
from recorder import recording

LI = "ou_7d8a6e6df7621556ce0d21922b676706"
ID, SECRET = "cli_a1", "a-secret-of-feishus"
SHOWN = {"toast": {"type": "info", "content": "li 已认领"}}
EVENT = {
    "schema": "2.0",
    "header": {"event_type": "card.action.trigger", "event_id": "e1", "token": "", "app_id": ID},
    "event": {
        "operator": {"open_id": LI, "union_id": f"on{LI[2:]}"},
        "action": {"value": {"about": "INC-7.abc123", "by": "open_id"}, "tag": "button"},
        "context": {"open_message_id": "om_1"},
    },
}


class Line:
    """In the place of a WebSocket: keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    async def send(self, data: bytes) -> None:
        self.sent.append(data)


def pressed() -> bytes:
    frame = Frame()
    frame.SeqID, frame.LogID, frame.service, frame.method = 5, 2**40 + 6, 33, 1
    for key, value in {"type": "event", "message_id": "m1", "trace_id": "t1", "sum": "1", "seq": "0"}.items():
        header = frame.headers.add()
        header.key, header.value = key, value
    frame.payload_encoding = "json"
    frame.LogIDNew = "0217"
    frame.payload = json.dumps(EVENT).encode()
    return frame.SerializeToString()


with recording("feishu", "lark-oapi") as recorder:
    url = f"http://127.0.0.1:{recorder.port}"
    recorder.answer = {
        "code": 0,
        "tenant_access_token": "t-1",
        "expire": 7200,
        "data": {"message_id": "om_1", "URL": "ws://127.0.0.1:1/?device_id=7&service_id=33"},
    }
    client = lark.Client.builder().app_id(ID).app_secret(SECRET).domain(url).build()
    body = CreateMessageRequestBody.builder().receive_id(LI).msg_type("interactive")
    body = body.content(json.dumps({"schema": "2.0"})).uuid("u-1").build()
    client.im.v1.message.create(
        CreateMessageRequest.builder().receive_id_type("open_id").request_body(body).build()
    )
    recorder.requests[-2]["name"] = "token"
    recorder.take("send")
    people = UrgentReceivers.builder().user_id_list([LI]).build()
    request = UrgentPhoneMessageRequest.builder().message_id("om_1").user_id_type("open_id")
    client.im.v1.message.urgent_phone(request.request_body(people).build())
    recorder.take("urgent_phone")
    asked = ReadUsersMessageRequest.builder().message_id("om_1").user_id_type("open_id").page_size(20)
    client.im.v1.message.read_users(asked.build())
    recorder.take("read_users")

    handler = lark.EventDispatcherHandler.builder("", "")
    handler = handler.register_p2_card_action_trigger(lambda _: P2CardActionTriggerResponse(SHOWN)).build()
    socket = lark.ws.Client(ID, SECRET, event_handler=handler, domain=url)
    socket._get_conn_url()
    recorder.take("endpoint")
    line: Any = Line()
    socket._conn = line
    asyncio.get_event_loop().run_until_complete(socket._handle_message(pressed()))
    frames = {"ping": _new_ping_frame(33).SerializeToString(), "pressed": pressed(), "shown": line.sent[0]}
    for name, data in frames.items():
        recorder.requests.append(
            {"name": name, "method": "", "target": "", "headers": {}, "body": data.hex()}
        )
