"""The opening handshake of a WebSocket (RFC 6455, 4), which an `http` check makes for a ws:// or wss:// address."""

from __future__ import annotations

import base64
import hashlib
import os

from watchtower.curl import Request, Response
from watchtower.probes.http_answer import Fault, Statuses
from watchtower.values import replace

SWITCHED = Statuses(101)
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def upgrading(request: Request) -> tuple[Request, str]:
    """The request with the headers of a handshake, and the key that must be accepted."""
    key = base64.b64encode(os.urandom(16)).decode()
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": key,
    }
    return replace(request, headers={**headers, **request.headers}, until_switched=True), key


def not_accepted(response: Response, key: str) -> Fault | None:
    """What is wrong with the answer of a server that switches protocols."""
    wanted = base64.b64encode(hashlib.sha1(key.encode() + _GUID, usedforsecurity=False).digest()).decode()
    if response.headers.get("sec-websocket-accept", "").strip() == wanted:
        return None
    return "handshake", "it switches protocols, and does not accept the WebSocket (Sec-WebSocket-Accept)"
