"""The event stream: the newest frame only, parts that changed, and an end that everybody sees."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from tests.web.conftest import Site
from tests.web.fake import AT, CHECKOUT, FakeDaemon
from tests.web.fake_observed import seen
from watchtower.api.auth import Access
from watchtower.api.porch import Porch
from watchtower.model import Observation
from watchtower.web.board import live
from watchtower.web.listener import CONNECTIONS
from watchtower.web.server import WebServer

GET = "GET /live?lang=en{} HTTP/1.1\r\nHost: localhost\r\n{}\r\n"


@dataclass
class Viewer:
    """A browser that reads the stream."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    head: str

    async def event(self) -> dict[str, Any]:
        """The next one with data that is JSON."""
        async with asyncio.timeout(10):
            while True:
                line = (await self.reader.readline()).decode()
                if not line:
                    raise EOFError
                if line.startswith("data: {"):
                    return dict(json.loads(line[6:]))

    async def ended(self) -> bytes:
        async with asyncio.timeout(10):
            return await self.reader.read()


@asynccontextmanager
async def viewer(site: Site, frame: int | None = None, header: str = "") -> AsyncIterator[Viewer]:
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    writer.write(GET.format("" if frame is None else f"&frame={frame}", header).encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    try:
        yield Viewer(reader, writer, head)
    finally:
        writer.close()


async def test_a_viewer_gets_what_changed_since_its_page_and_nothing_else(
    site: Site, daemon: FakeDaemon
) -> None:
    page = (await site.get("/?lang=en")).text
    frame = int(page.partition('data-frame="')[2].partition('"')[0])
    async with viewer(site, frame) as one:
        assert "text/event-stream" in one.head
        daemon.known["INC-12"] = replace(CHECKOUT, acknowledged_by="li")
        event = await one.event()
        assert set(event["parts"]) == {"incidents"}
        assert "Acknowledged by li" in event["parts"]["incidents"]
        assert event["frame"] > frame
        assert event["title"].startswith("(4)")


async def test_time_alone_is_no_news(site: Site, daemon: FakeDaemon) -> None:
    async with viewer(site) as one:
        whole = await one.event()
        assert {"head", "incidents", "checks", "oncall"} <= set(whole["parts"])
        daemon.at += 5.0  # every "ago" is another, and the page's script counts it by itself
        await asyncio.sleep(2 * live.EVERY)
        daemon.reasons = ("store",)
        assert set((await one.event())["parts"]) == {"head", "itself"}


async def test_a_viewer_that_was_away_gets_each_part_once(site: Site, daemon: FakeDaemon) -> None:
    async with viewer(site) as stays:
        first = await stays.event()
        for number in range(3):
            daemon.observed = [
                Observation("login-page", AT, seen("login-page", 0, latency=float(number)).reading)
            ]
            last = await stays.event()
        async with viewer(site, first["frame"]) as back:
            event = await back.event()
    assert event["frame"] == last["frame"]
    assert event["parts"]["checks"] == last["parts"]["checks"]


async def test_streams_take_nobody_elses_place(site: Site) -> None:
    viewers = [viewer(site) for _ in range(live.FROM_ONE_ADDRESS)]
    assert len(viewers) > CONNECTIONS // 2
    opened = [await one.__aenter__() for one in viewers]
    assert all("200 OK" in one.head for one in opened)
    async with viewer(site) as more:
        assert "503" in more.head
    assert (await site.get("/")).status_code == 200
    for one in viewers:
        await one.__aexit__(None, None, None)
    async with viewer(site) as again:
        assert "200 OK" in again.head


async def test_a_hundred_boards_that_open_at_once_are_drawn_once(site: Site, daemon: FakeDaemon) -> None:
    drawn = []
    daemon.ready = lambda: drawn.append(1) or ()  # type: ignore[method-assign]  # it is asked for each board
    answers = await asyncio.gather(*(site.get("/?lang=en") for _ in range(24)))
    assert [one.status_code for one in answers] == [200] * 24
    opened = [viewer(site) for _ in range(100)]
    viewers = [await one.__aenter__() for one in opened]
    assert all([(await one.event())["parts"] for one in viewers])
    assert len(drawn) < 8
    for one in opened:
        await one.__aexit__(None, None, None)


async def test_the_end_of_the_server_ends_streams_at_once(daemon: FakeDaemon, access: Access) -> None:
    server = WebServer(Porch(daemon, access), "127.0.0.1:0")
    await server.start()
    async with viewer(Site(server.port)) as one:
        await one.event()
        async with asyncio.timeout(2):
            await server.stop()
        assert (await one.ended()).endswith(b"0\r\n\r\n")


async def test_who_may_not_read_gets_no_stream(daemon: FakeDaemon, access: Access) -> None:
    server = WebServer(Porch(daemon, replace(access, protect_reads=True)), "127.0.0.1:0")
    await server.start()
    async with viewer(Site(server.port)) as one:
        assert "401" in one.head
    async with viewer(Site(server.port), header=f"Authorization: Bearer {access.api_token}\r\n") as one:
        assert "200 OK" in one.head
    await server.stop()
