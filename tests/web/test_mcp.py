"""Assistants, by the protocol's own client over a real socket."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from mcp.client import Client

from tests.web.conftest import Site
from tests.web.fake import TOKEN
from watchtower.api.assistants import NAMES, TOOLS
from watchtower.api.auth import Access
from watchtower.api.operation import Need


@pytest.fixture
def access(access: Access) -> Access:
    return replace(access, mcp=True)


@asynccontextmanager
async def assistant(site: Site, token: str = TOKEN) -> AsyncIterator[Client]:
    import httpx2  # with the protocol's client, half a second in each process that collects tests
    from mcp.client import Client
    from mcp.client.streamable_http import streamable_http_client

    async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}, trust_env=False) as http:
        url = f"http://127.0.0.1:{site.port}/api/v1/mcp"
        async with Client(streamable_http_client(url, http_client=http)) as client:
            yield client


async def test_an_assistant_finds_tools_and_reads_what_people_read(site: Site) -> None:
    async with assistant(site) as client:
        tools = {one.name: one for one in (await client.list_tools()).tools}
        assert set(tools) == set(NAMES)
        assert all(one.annotations.read_only_hint for one in tools.values())
        assert tools["getIncident"].input_schema["required"] == ["id"]
        found = await client.call_tool("listIncidents", {"open": True, "severity": "P1"})
        assert [one["id"] for one in json.loads(found.content[0].text)["incidents"]] == ["INC-12"]
        brief = await client.call_tool("getBrief", {"id": "INC-12"})
        assert brief.content[0].text.startswith("# ")
        missing = await client.call_tool("getIncident", {"id": "INC-99"})
        assert (missing.is_error, missing.content[0].text.splitlines()[0]) == (
            True,
            "there is no incident INC-99",
        )
        assert (await client.call_tool("explainCheck", {})).is_error
        assert (await client.call_tool("resolveIncident", {"id": "INC-12"})).is_error


def test_tools_only_read() -> None:
    assert set(TOOLS) == set(NAMES)
    assert {(one.method, one.need) for one in TOOLS.values()} == {("GET", Need.VIEW)}
    page = (Path(__file__).parents[2] / "docs" / "mcp.md").read_text()
    assert re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE) == list(NAMES)


async def test_it_needs_a_token_even_where_reads_are_open(site: Site) -> None:
    asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    assert (await site.get("/api/v1/incidents")).status_code == 200
    assert (await site.post("/api/v1/mcp", json=asked)).status_code == 401
    assert (await site.post("/api/v1/mcp", json=asked, token="wrong")).status_code == 401


class TestOff:
    @pytest.fixture
    def access(self, access: Access) -> Access:
        return replace(access, mcp=False)

    async def test_it_is_off_unless_it_is_switched_on(self, site: Site) -> None:
        assert (await site.post("/api/v1/mcp", json={}, token=TOKEN)).status_code == 404
