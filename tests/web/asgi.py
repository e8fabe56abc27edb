"""Asks the application in this process, as a browser or a program from some address: no socket, so that thousands of
questions take seconds."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode

ELSEWHERE = "10.0.0.9"


@dataclass
class Said:
    """An answer."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name.lower()), "")

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Browser:
    """Keeps cookies, and sends forms with the token of the last page. `headers` go along with every request."""

    app: Any
    address: str = ELSEWHERE
    host: str = "watch.example"
    scheme: str = "https"
    headers: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)
    set_cookies: list[str] = field(default_factory=list)
    page: str = ""

    async def get(self, path: str, **headers: str) -> Said:
        said = await self.ask("GET", path, b"", {"accept": "text/html", **headers})
        self.page = said.text
        return said

    async def post(self, path: str, fields: Mapping[str, str | None] | None = None, **headers: str) -> Said:
        """Sends a form as our own page does. A field that is None is left out, the form's token too."""
        filled: dict[str, str | None] = {"form_token": self.form_token(), **(fields or {})}
        body = urlencode({name: value for name, value in filled.items() if value is not None}).encode()
        kind = {"content-type": "application/x-www-form-urlencoded", "origin": f"{self.scheme}://{self.host}"}
        said = await self.ask("POST", path, body, {**kind, "accept": "text/html", **headers})
        self.page = said.text or self.page
        return said

    def form_token(self) -> str:
        found = re.search(r'name="form_token" value="([^"]+)"', self.page)
        return found[1] if found else ""

    async def ask(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Said:
        path, _, query = path.partition("?")
        sent = {"host": self.host, **self.headers, **headers}
        if self.cookies:
            sent["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        said = await ask(
            self.app,
            method,
            path,
            query,
            sent,
            body,
            self.address,
            self.scheme,
        )
        for name, value in said.headers:
            if name == "set-cookie":
                self.set_cookies.append(value)
                for key, morsel in SimpleCookie(value).items():
                    self.cookies[key] = morsel.value
                    if not morsel.value:
                        del self.cookies[key]
        return said


async def ask(
    app: Any,
    method: str,
    path: str,
    query: str,
    headers: Mapping[str, str],
    body: bytes,
    address: str,
    scheme: str,
) -> Said:
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": scheme,
        "path": path, "raw_path": path.encode(), "query_string": query.encode(), "root_path": "",
        "headers": [(k.lower().encode(), v.encode("latin-1")) for k, v in headers.items()],
        "client": (address, 1234), "server": ("127.0.0.1", 9464),
    }  # fmt: skip
    parts: list[Any] = [{"type": "http.request", "body": body, "more_body": False}]
    said = Said(0, [], b"")

    async def receive() -> Any:
        return parts.pop(0) if parts else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            said.status = message["status"]
            said.headers = [(k.decode().lower(), v.decode("latin-1")) for k, v in message["headers"]]
        else:
            said.body += message.get("body", b"")

    try:
        await app(scope, receive, send)
    except Exception:
        if said.status != 500:  # the server goes on to tell it to the log
            raise
    return said
