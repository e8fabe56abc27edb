"""DingTalk's open platform as it is documented: tokens, messages, cards, DINGs, and the Stream."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from tests.parts.httpserver import Answer, HttpServer, Request
from tests.parts.websocket import FarSide, WebSocketServer

MESSAGE, CARD = "/v1.0/robot/oToMessages/batchSend", "/v1.0/card/instances/createAndDeliver"
DING, READ = "/v1.0/robot/ding/send", "/v1.0/robot/oToMessages/readStatus"


class DingTalk:
    """Answers at `http`. `tell` sends a frame over the Stream and returns what it is answered."""

    def __init__(self, http: HttpServer) -> None:
        self.http, self.tokens = http, 0
        self.answers: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.up = asyncio.Event()
        self._far: FarSide | None = None
        self._socket = WebSocketServer(self._serve)
        http.on("/v1.0/oauth2/accessToken", self._token)
        http.on(MESSAGE, self._taken({"processQueryKey": "k1", "invalidStaffIdList": []}))
        http.on(CARD, self._taken({"success": True, "result": {"deliverResults": [{"success": True}]}}))
        http.on(DING, self._taken({"openDingId": "d1", "failedList": {}}))

    async def __aenter__(self) -> DingTalk:
        await self._socket.__aenter__()
        endpoint = {"endpoint": f"{self._socket.url}connect", "ticket": "a ticket+/="}
        self.http.on("/v1.0/gateway/connections/open", Answer.json(endpoint))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._socket.__aexit__()

    @property
    def asked(self) -> list[str]:
        """The request lines of the Stream."""
        return self._socket.asked

    async def tell(self, kind: str, topic: str, data: Any) -> dict[str, Any]:
        """One frame, and the answer to it."""
        await self.say(
            {"type": kind, "headers": {"topic": topic, "messageId": "m1"}, "data": json.dumps(data)}
        )
        return await asyncio.wait_for(self.answers.get(), 5)

    async def say(self, frame: Any) -> None:
        """One frame to whoever is connected."""
        await asyncio.wait_for(self.up.wait(), 5)
        assert self._far is not None
        await self._far.send(json.dumps(frame))

    async def _serve(self, far: FarSide) -> None:
        self._far = far
        self.up.set()
        while True:
            await self.answers.put(json.loads(await far.receive()))

    def _token(self, request: Request) -> Answer:
        self.tokens += 1
        return Answer.json({"accessToken": f"t-{self.tokens}", "expireIn": 7200})

    def _taken(self, said: dict[str, Any]) -> Any:
        def answer(request: Request) -> Answer:
            if request.headers.get("x-acs-dingtalk-access-token") == f"t-{self.tokens}":
                return Answer.json(said)
            return Answer.json({"code": "InvalidAuthentication", "message": "no"}, status=401)

        return answer
