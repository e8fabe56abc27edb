"""Feishu's long connection: it tells what people press, and wants an answer within three seconds."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from watchtower.channels.feishu_frames import CONTROL, FeishuFrame, decode
from watchtower.channels.http_settings import CallSettings
from watchtower.channels.listening import Ear, Press
from watchtower.channels.socket_listening import each_message

PING = 120.0
"""Seconds between pings, where Feishu does not say."""
_SHORTEST_PING = 5.0
_PARTS = 64
"""Parts that a message may come in."""
Shown = Callable[[str, str], Mapping[str, Any]]
"""What is shown to whoever pressed, by the id of the message and what is said to them."""


async def converse(endpoint: Mapping[str, Any], ear: Ear, shown: Shown, settings: CallSettings) -> None:
    """Runs until it is cancelled. Raises DeliveryError when the connection ends."""
    url, config = str(endpoint.get("URL", "")), endpoint.get("ClientConfig") or {}
    service = int((parse_qs(urlsplit(url).query).get("service_id") or ["0"])[0])
    every = max(_SHORTEST_PING, float(config.get("PingInterval") or PING))
    ping = FeishuFrame.control("ping", service).encode()
    parts: dict[str, dict[int, bytes]] = {}

    async def hear(data: str | bytes) -> bytes | None:
        frame = decode(data if isinstance(data, bytes) else data.encode())
        if frame.method == CONTROL or frame.headers.get("type") != "event":
            return None
        payload = _whole(frame, parts)
        if payload is None:
            return None
        began = time.monotonic()
        said = await _answer(json.loads(payload), ear, shown)
        frame.headers["biz_rt"] = str(round(1000 * (time.monotonic() - began)))
        result: dict[str, Any] = {"code": 200}
        if said is not None:
            result["data"] = base64.b64encode(_compact(said)).decode()
        frame.payload = _compact(result)
        return frame.encode()

    await each_message(url, ear, hear, settings, ping=ping, every=every)


async def _answer(event: Mapping[str, Any], ear: Ear, shown: Shown) -> Mapping[str, Any] | None:
    if event.get("header", {}).get("event_type") != "card.action.trigger":
        return None
    pressed = event["event"]
    value = pressed["action"].get("value") or {}
    who = str(pressed["operator"].get(value.get("by"), ""))
    said = await ear.pressed(Press(who, str(value.get("about", ""))))
    return shown(str((pressed.get("context") or {}).get("open_message_id", "")), said)


def _whole(frame: FeishuFrame, parts: dict[str, dict[int, bytes]]) -> bytes | None:
    """The payload, once all of its parts are there."""
    count = int(frame.headers.get("sum") or 1)
    if count == 1:
        return frame.payload or b""
    if count > _PARTS:
        raise ValueError("a message in too many parts")
    id = frame.headers.get("message_id", "")
    there = parts.setdefault(id, {})
    there[int(frame.headers.get("seq") or 0)] = frame.payload or b""
    if len(there) < count:
        while len(parts) > _PARTS:
            del parts[next(iter(parts))]
        return None
    del parts[id]
    return b"".join(there[number] for number in sorted(there))


def _compact(said: Mapping[str, Any]) -> bytes:
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
