"""The application over the fake daemon, on a real socket."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
import pytest_asyncio
import requests
import structlog
from starlette.concurrency import run_in_threadpool

from tests.web.fake import ACCESS, FakeDaemon
from watchtower import logs
from watchtower.api.attempts import Attempts
from watchtower.api.auth import Access
from watchtower.api.porch import Porch
from watchtower.web.server import WebServer


@dataclass
class Site:
    """`await site.get("/")`: asks the server that runs in this test's loop."""

    port: int

    async def get(self, path: str, **more: Any) -> requests.Response:
        return await self.ask("GET", path, **more)

    async def post(self, path: str, **more: Any) -> requests.Response:
        return await self.ask("POST", path, **more)

    async def ask(self, method: str, path: str, *, token: str = "", **more: Any) -> requests.Response:
        headers: Mapping[str, str] = more.pop("headers", {})
        if token:
            headers = {**headers, "Authorization": f"Bearer {token}"}
        url = f"http://127.0.0.1:{self.port}{path}"
        more.setdefault("allow_redirects", False)
        return await run_in_threadpool(requests.request, method, url, headers=headers, timeout=10, **more)


@pytest.fixture
def daemon() -> FakeDaemon:
    return FakeDaemon()


@pytest.fixture
def access() -> Access:
    return replace(ACCESS, attempts=Attempts())


@pytest_asyncio.fixture
async def site(daemon: FakeDaemon, access: Access) -> AsyncIterator[Site]:
    server = WebServer(Porch(daemon, access), "127.0.0.1:0")
    await server.start()
    yield Site(server.port)
    await server.stop()


@pytest.fixture
def json_log() -> Iterator[io.StringIO]:
    """What the daemon logs, as JSON."""
    before = structlog.get_config()
    stream = io.StringIO()
    logs.configure("json", stream=stream)
    yield stream
    structlog.configure(**before)
