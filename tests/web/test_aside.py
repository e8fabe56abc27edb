"""Large pages hold up nobody: they are made beside the loop, one after the other, and few may wait."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace

from tests.web.conftest import Site
from tests.web.fake import FakeDaemon
from watchtower.api.aside import WAITING
from watchtower.api.auth import Access
from watchtower.core.reviews.record import Record
from watchtower.web.app import application
from watchtower.web.server import WebServer

PATHS = (
    "/", "/api/v1/incidents?limit=1000", "/api/v1/checks", "/api/v1/alerts", "/incidents/INC-12", "/api/v1/incidents/INC-12",
    "/api/v1/incidents/INC-12/brief", "/api/v1/incidents/INC-12/explanation", "/incidents/INC-12/review", "/report",
)  # fmt: skip


def storm(daemon: FakeDaemon) -> None:
    """A thousand open incidents, three hundred checks more, a timeline of five thousand lines."""
    of = list(daemon.plan.checks.values())
    more = {f"check-{n}": of[n % len(of)].model_copy(update={"name": f"check-{n}"}) for n in range(300)}
    daemon.plan = replace(daemon.plan, checks={**daemon.plan.checks, **more})
    seen = daemon.observed[0]
    daemon.observed = [
        *daemon.observed,
        *(
            replace(seen, check=f"check-{n % 300}", reading=replace(seen.reading, series=f"s{n}"))
            for n in range(1000)
        ),
    ]
    daemon.known |= {f"INC-{n}": replace(daemon.known["INC-12"], id=f"INC-{n}") for n in range(1000, 2000)}
    daemon.alerts = [
        *daemon.alerts,
        *(
            replace(daemon.alerts[0], check=f"check-{n % 300}", series=f"s{n}", incident=f"INC-{n + 1000}")
            for n in range(1000)
        ),
    ]
    lines = daemon.timeline
    daemon.timeline = [replace(lines[n % len(lines)], at=lines[0].at + n) for n in range(5000)]


async def test_a_storm_is_shown_and_the_loop_goes_on(site: Site, daemon: FakeDaemon) -> None:
    storm(daemon)
    longest, over = 0.0, asyncio.Event()

    async def pulse() -> None:
        nonlocal longest
        while not over.is_set():
            began = time.thread_time()  # the loop's own: what others take of the machine is not its stall
            await asyncio.sleep(0.001)
            longest = max(longest, time.thread_time() - began)

    watching = asyncio.create_task(pulse())
    began = time.process_time()
    answers = await asyncio.gather(*(site.get(path) for path in PATHS))
    took = time.process_time() - began
    over.set()
    await watching
    assert {answer.status_code for answer in answers} == {200}
    # 0.04 of 1.5 s on an idle machine; made on the loop, the incident's page alone took a third of them all.
    assert longest < 0.25 * took


class Thoughtful(FakeDaemon):
    """Takes its time for lessons, and counts how many ask at once."""

    inside = most = 0

    async def lessons(self, words: Sequence[str], most: int) -> tuple[Sequence[Record], int]:
        self.inside += 1
        self.most = max(self.most, self.inside)
        await asyncio.sleep(0.03)
        self.inside -= 1
        return await super().lessons(words, most)


async def test_thirty_that_ask_for_all_lessons_are_answered_one_by_one_or_asked_to_come_back(
    access: Access,
) -> None:
    daemon = Thoughtful()
    server = WebServer(application(daemon, access), "127.0.0.1:0")
    await server.start()
    site = Site(server.port)
    try:
        answers = await asyncio.gather(*(site.get("/api/v1/lessons") for _ in range(30)))
        statuses = [answer.status_code for answer in answers]
        assert set(statuses) <= {200, 503}
        assert statuses.count(200) >= WAITING
        assert daemon.most == 1
        assert all(answer.headers["Retry-After"] for answer in answers if answer.status_code == 503)
        assert (await site.get("/api/v1/lessons")).status_code == 200
    finally:
        await server.stop()
