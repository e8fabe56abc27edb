"""What stands behind a porch in a test: says which path came through, and how often it was made."""

from __future__ import annotations

import time
from typing import Any

made = 0


def application(daemon: Any, access: Any) -> Any:
    global made
    time.sleep(0.3)  # an import takes its time
    if access.api_token == "broken":
        raise ImportError("no rooms")
    made += 1

    async def app(scope: Any, receive: Any, send: Any) -> None:
        body = f"{scope['method']} {scope['path']}".encode()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})

    return app
