"""Killed twenty times in the middle of its work, the daemon loses no page and says nothing twice under two names."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import sys
from collections import defaultdict
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.parts.httpserver import Answer, Fault, HttpServer, Request
from watchtower.core.incident.incidents import PageState
from watchtower.store.sqlite import SqliteStore

KILLS, INCIDENTS = 20, 400


@pytest.mark.timeout(300)
async def test_every_page_arrives_though_the_daemon_is_killed_again_and_again(
    tmp_path: Path, http_server: HttpServer
) -> None:
    chance = random.Random(20)
    taken: list[tuple[str, str]] = []

    def receive(request: Request) -> Answer:
        """A far side with moods: it refuses, resets, hangs a little; or takes the page, and sometimes drops the answer."""
        mood = chance.random()
        if mood < 0.15:
            return Answer(503)
        if mood < 0.2:
            return Answer(fault=Fault.RESET)
        body = json.loads(request.body)
        taken.append(
            (
                unquote(request.headers["idempotency-key"]),
                json.dumps([body["incident"], body["status"], body["title"]]),
            )
        )
        if mood < 0.25:
            return Answer(fault=Fault.CLOSE)
        return Answer(204, delay=0.02 * chance.random())

    http_server.on("/page", receive)
    command = [
        sys.executable,
        "-m",
        "tests.delivery.doomed",
        str(tmp_path / "w.db"),
        http_server.url("/page"),
        str(INCIDENTS),
    ]
    lives_at_work = 0
    for _ in range(KILLS):
        child = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        assert child.stdout is not None
        assert await child.stdout.readline() == b"ready\n"
        before = len(taken)
        await asyncio.sleep(chance.uniform(0.0, 0.15))
        child.send_signal(signal.SIGKILL)
        assert await child.wait() == -signal.SIGKILL
        lives_at_work += len(taken) > before
    assert lives_at_work > KILLS // 2  # or the kills came too early to prove anything

    last = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    try:
        async with asyncio.timeout(60):
            said, _ = await last.communicate()
    except TimeoutError:
        last.kill()
        await last.wait()
        pytest.fail("some page is still queued after a minute of undisturbed work")
    assert said == b"ready\ndone\n"

    wanted = {f"INC-{n}.{m}.li.webhook" for n in range(1, INCIDENTS + 1) for m in (1, 2)}
    arrived = defaultdict(list)
    for name, content in taken:
        arrived[name].append(content)
    assert set(arrived) == wanted
    assert all(len(set(contents)) == 1 for contents in arrived.values())  # a repetition is the same page
    order = [name for name, _ in taken]
    for number in range(1, INCIDENTS + 1):
        firing, resolved = f"INC-{number}.1.li.webhook", f"INC-{number}.2.li.webhook"
        assert order.index(firing) < order.index(resolved)
        assert max(i for i, n in enumerate(order) if n in (firing, resolved)) == max(
            i for i, n in enumerate(order) if n == resolved
        )

    store = SqliteStore(tmp_path / "w.db")
    await store.open()
    for number in range(1, INCIDENTS + 1):
        assert [p.state for p, _, _ in await store.pages(f"INC-{number}")] == [PageState.DELIVERED] * 2
    await store.close()
