"""DingTalk's Stream: JSON frames over a WebSocket that tell of a card's button, and of what people write to the robot."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import quote_plus

from watchtower.channels.http_settings import CallSettings
from watchtower.channels.listening import Ear, Press
from watchtower.channels.replies import about_of
from watchtower.channels.socket_listening import each_message
from watchtower.errors import DeliveryError

CARD, REPLY = "/v1.0/card/instances/callback", "/v1.0/im/bot/messages/get"
TOPICS = (CARD, REPLY)
EVERY = 60.0
"""Seconds between pings."""
Answer = Callable[[str, str], Awaitable[None]]
"""Writes a text to a person."""


async def converse(endpoint: Mapping[str, Any], ear: Ear, answer: Answer, settings: CallSettings) -> None:
    """Runs until it is cancelled. Raises DeliveryError when the connection ends."""
    url = f"{endpoint.get('endpoint', '')}?ticket={quote_plus(str(endpoint.get('ticket', '')))}"

    async def hear(data: str | bytes) -> str | None:
        frame = json.loads(data)
        headers, kind = frame["headers"], frame.get("type")
        topic, told = headers.get("topic"), json.loads(frame.get("data") or "{}")
        said: Any = {"response": None}
        if kind == "SYSTEM":
            if topic != "ping":
                return None
            said = told
        elif topic == CARD:
            said = {"response": _shown(await ear.pressed(_pressed(told)))}
        elif topic == REPLY:
            who = str(told["senderStaffId"])
            about = about_of(str((told.get("text") or {}).get("content", "")))
            if about is not None:
                told_them = await ear.pressed(Press(who, about))
                with contextlib.suppress(DeliveryError):  # it counts, and they see it on the board
                    await answer(who, told_them)
        return json.dumps(
            {
                "code": 200,
                "headers": {"messageId": headers["messageId"], "contentType": "application/json"},
                "message": "OK",
                "data": json.dumps(said, ensure_ascii=False),
            },
            ensure_ascii=False,
        )

    await each_message(url, ear, hear, settings, every=EVERY)


def _pressed(told: Mapping[str, Any]) -> Press:
    """What the button is about stands in the card's id, behind the point."""
    return Press(str(told["userId"]), str(told["outTrackId"]).partition(".")[2])


def _shown(said: str) -> dict[str, Any]:
    """The card's variable `said`; the others stay."""
    return {
        "cardUpdateOptions": {"updateCardDataByKey": True, "updatePrivateDataByKey": True},
        "cardData": {"cardParamMap": {"said": said, "button": ""}},
    }
