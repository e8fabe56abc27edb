"""The Bot API of Telegram on loopback: it takes messages and hands out presses, by offset, as the real one documents."""

from __future__ import annotations

import time
from typing import Any

from tests.parts.httpserver import Answer, HttpServer, Request

TOKEN = "123456789:AAEhBOweik6ad9r_QXMENQjcrGbqCr4K-bc"


class Telegram:
    """Speaks on this server; `said` are the answers to presses."""

    def __init__(self, server: HttpServer) -> None:
        self.server, self._updates = server, list[dict[str, Any]]()
        self._sent = 0
        server.on(self.path("sendMessage"), self._take)
        server.on(self.path("getUpdates"), self._hand_out)
        server.on(self.path("answerCallbackQuery"), Answer.json({"ok": True, "result": True}))

    @property
    def said(self) -> list[str]:
        return [one.json()["text"] for one in self.server.requests_to(self.path("answerCallbackQuery"))]

    def path(self, method: str) -> str:
        return f"/bot{TOKEN}/{method}"

    def press(self, who: int, data: str) -> None:
        """This person presses a button with these data."""
        number = 100 + len(self._updates)
        query = {"id": f"q{number}", "from": {"id": who, "is_bot": False}, "data": data}
        self._updates.append({"update_id": number, "callback_query": query})

    def _take(self, request: Request) -> Answer:
        self._sent += 1
        return Answer.json({"ok": True, "result": {"message_id": self._sent}})

    def _hand_out(self, request: Request) -> Answer:
        asked = request.json()
        ends = time.monotonic() + asked["timeout"]
        while True:
            left = [one for one in self._updates if one["update_id"] >= asked["offset"]]
            if left or time.monotonic() >= ends or self.server.stopping.wait(0.02):
                return Answer.json({"ok": True, "result": left})
