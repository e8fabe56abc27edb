"""Feishu's open platform as it is documented: tokens, messages, urgency, who has read, and the long connection.

async with Feishu(http_server) as feishu:
    ...                                     # http_server.url() is its base
    shown = await feishu.press("om_1", "ou_…", {"about": "7"})
"""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

from tests.parts.httpserver import Answer, HttpServer, Request
from tests.parts.websocket import FarSide, WebSocketServer
from watchtower.channels.feishu_frames import FeishuFrame, decode

API = "/open-apis/im/v1/messages"


class Feishu:
    """Answers at `http`; `tokens` counts those that it gave, `frames` has what came over the long connection."""

    def __init__(self, http: HttpServer) -> None:
        self.http, self.tokens, self.messages = http, 0, 0
        self.frames: asyncio.Queue[FeishuFrame] = asyncio.Queue()
        self.up = asyncio.Event()
        self._far: FarSide | None = None
        self._socket = WebSocketServer(self._serve)
        http.on("/open-apis/auth/v3/tenant_access_token/internal", self._token)
        http.on(API, self._message)
        for how in ("app", "sms", "phone"):
            http.on(
                f"{API}/om_1/urgent_{how}", Answer.json({"code": 0, "data": {"invalid_user_id_list": []}})
            )

    async def __aenter__(self) -> Feishu:
        await self._socket.__aenter__()
        url = f"{self._socket.url}?device_id=7&service_id=33"
        data = {"URL": url, "ClientConfig": {"PingInterval": 120}}
        self.http.on("/callback/ws/endpoint", Answer.json({"code": 0, "msg": "ok", "data": data}))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._socket.__aexit__()

    async def press(self, message: str, who: str, value: dict[str, Any], parts: int = 1) -> dict[str, Any]:
        """Somebody presses a button; what Feishu shows them then."""
        event = {
            "schema": "2.0",
            "header": {"event_type": "card.action.trigger"},
            "event": {
                "operator": {"open_id": who, "union_id": f"on{who[2:]}"},
                "action": {"value": value, "tag": "button"},
                "context": {"open_message_id": message},
            },
        }
        said = json.dumps(event).encode()
        size = -(-len(said) // parts)
        for number in range(parts):
            headers = {"type": "event", "message_id": "m1", "trace_id": "t1"}
            headers |= {"sum": str(parts), "seq": str(number)}
            piece = said[number * size : (number + 1) * size]
            await self.send(FeishuFrame({1: 5, 2: 6, 3: 33, 4: 1}, headers, piece))
        answer = await asyncio.wait_for(self.frames.get(), 5)
        assert answer.payload is not None
        shown = json.loads(answer.payload)
        assert shown["code"] == 200
        return json.loads(base64.b64decode(shown["data"])) if "data" in shown else {}

    async def send(self, frame: FeishuFrame) -> None:
        """One frame to whoever is connected."""
        await asyncio.wait_for(self.up.wait(), 5)
        assert self._far is not None
        await self._far.send(frame.encode())

    async def hang_up(self) -> None:
        """The connection breaks."""
        assert self._far is not None
        self.up.clear()
        self._far.writer.transport.abort()

    async def _serve(self, far: FarSide) -> None:
        self._far = far
        self.up.set()
        while True:
            message = await far.receive()
            assert isinstance(message, bytes)
            frame = decode(message)
            if frame.headers.get("type") == "ping":
                await far.send(FeishuFrame.control("pong", 33).encode())
            else:
                await self.frames.put(frame)

    def _token(self, request: Request) -> Answer:
        self.tokens += 1
        return Answer.json({"code": 0, "tenant_access_token": f"t-{self.tokens}", "expire": 7200})

    def _message(self, request: Request) -> Answer:
        if request.headers.get("authorization") != f"Bearer t-{self.tokens}":
            return Answer.json({"code": 99991663, "msg": "Invalid access token"}, status=400)
        self.messages += 1
        return Answer.json({"code": 0, "data": {"message_id": f"om_{self.messages}"}})
