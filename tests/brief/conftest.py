"""The application over the long night, on a real socket."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.brief.site import NightDaemon
from tests.web.conftest import Site
from tests.web.fake import ACCESS
from watchtower.api.porch import Porch
from watchtower.web.server import WebServer


@pytest.fixture
def daemon() -> NightDaemon:
    return NightDaemon()


@pytest_asyncio.fixture
async def site(daemon: NightDaemon) -> AsyncIterator[Site]:
    server = WebServer(Porch(daemon, ACCESS), "127.0.0.1:0")
    await server.start()
    yield Site(server.port)
    await server.stop()
