"""What holds for every request and every answer: small bodies in, safe headers out."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from watchtower.web.answers import Refused
from watchtower.web.listener import LARGEST_BODY

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    # The address of an acknowledge page is a credential: it is told to nobody.
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Guard:
    """Around the application: refuses bodies beyond 64 KiB, announced or not, and sets the headers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        announced = dict(scope["headers"]).get(b"content-length", b"")
        taken = int(announced) if announced.isdigit() and int(announced) > LARGEST_BODY else 0

        async def bounded() -> Message:
            nonlocal taken
            message = await receive() if taken <= LARGEST_BODY else {}
            taken += len(message.get("body", b""))
            if taken > LARGEST_BODY:
                hint = f"at most {LARGEST_BODY} bytes"
                raise Refused(413, "the body is too large", hint, headers={"Connection": "close"})
            return message

        async def safe(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, bounded, safe)
