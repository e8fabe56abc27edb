"""`POST /api/v1/mcp`: assistants ask here, where that is switched on, by a token that may read."""

from __future__ import annotations

import asyncio
import importlib

from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from watchtower.api.responses import ApiError
from watchtower.model import AccessRole


class McpDoor:
    """An ASGI application, so that its answers are the library's own."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        access = scope["app"].state.access
        # As Bearer, which no browser sends by itself, also where reads are open.
        access.may_change(Request(scope), AccessRole.VIEW)
        if not access.mcp:
            raise ApiError(404, "assistants are not served here", "set WATCHTOWER_MCP=true")
        # It takes half a second to import: not on the loop.
        module = await asyncio.to_thread(importlib.import_module, "watchtower.api.assistants")
        await module.serve(scope, receive, send)
