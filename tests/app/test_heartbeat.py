"""The heartbeat is sent while everything moves, and withheld when any of the parts that page people stalls."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.delivery.conftest import rig
from tests.delivery.far_side import Rig
from tests.delivery.test_lanes import now, until
from tests.parts.httpserver import Answer, Fault, HttpServer
from tests.telemetry.conftest import keep_logging, log
from watchtower.app.heartbeat import STALLS, Heartbeat
from watchtower.app.inbox import Inbox
from watchtower.app.readiness import LATE, Readiness
from watchtower.core.events import Ticked
from watchtower.core.pipeline.engine import Engine
from watchtower.core.plan import Plan
from watchtower.core.plan.watchdog import WatchdogPolicy
from watchtower.detectors import DETECTORS
from watchtower.fields import Secret
from watchtower.journal import Journal
from watchtower.runner import Runner
from watchtower.scheduler import Scheduler
from watchtower.store import open_store
from watchtower.telemetry import Telemetry

__all__ = ["keep_logging", "log", "rig"]


class Parts:
    """The parts of a daemon that must move, over a store and a delivery of their own."""

    def __init__(self, rig: Rig, folder: Path) -> None:
        self.rig, telemetry = rig, Telemetry("test")
        self.store = open_store(f"sqlite:///{folder}/of-its-own.db")
        self.journal = Journal(self.store, rig.delivery, telemetry.store_commit)
        self.inbox = Inbox(Engine(Plan(), DETECTORS, time.time()), self.journal, telemetry)
        self.runner = Runner({}, None, lambda _: None, str)  # type: ignore[arg-type]
        self.scheduler = Scheduler(self.runner, telemetry)
        self.scheduler.beat()
        self.readiness = Readiness(self.store, self.journal, self.scheduler, self.runner, rig.delivery)

    async def reasons(self) -> Sequence[str]:
        await self.readiness.check_store(5.0)
        return [*(("engine",) if self.inbox.late() > LATE else ()), *self.readiness.reasons()]


async def stall_store(parts: Parts) -> None:
    await parts.store.close()


async def stall_scheduler(parts: Parts) -> None:
    parts.scheduler._beat -= LATE + 1.0


async def stall_engine(parts: Parts) -> None:
    parts.inbox._events.append(Ticked())
    parts.inbox._idle_at -= LATE + 1.0


async def stall_delivery(parts: Parts) -> None:
    rig = parts.rig
    rig.email.open.clear()
    await rig.offer(now())
    await until(lambda: rig.email.busy)
    [item] = rig.delivery._items.values()
    rig.delivery._tried_at.clear()
    item.sending, item.due = False, asyncio.get_running_loop().time() - 60.0


@pytest.mark.parametrize(
    ("stall", "reason"),
    [
        (stall_store, "store"),
        (stall_scheduler, "scheduler_late"),
        (stall_engine, "engine"),
        (stall_delivery, "delivery"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
async def test_what_stalls_withholds_it_and_is_told(
    stall: Any, reason: str, rig: Rig, tmp_path: Path, http_server: HttpServer
) -> None:
    parts = Parts(rig, tmp_path)
    await parts.store.open()
    found: list[str] = list(await parts.reasons())
    beat = Heartbeat(WatchdogPolicy, lambda: found, str)
    url = http_server.url("/ping")
    policy = WatchdogPolicy(heartbeat=Secret(url), heartbeat_fail=Secret(f"{url}/fail"))
    await beat.beat(policy)
    await stall(parts)
    found[:] = await parts.reasons()
    await beat.beat(policy)
    await beat.beat(WatchdogPolicy(heartbeat=Secret(url)))
    rig.email.open.set()
    assert reason in STALLS
    assert (len(http_server.requests_to("/ping")), len(http_server.requests_to("/ping/fail"))) == (1, 1)
    assert found == [reason]


@pytest.mark.parametrize(
    "answer", [Answer(500), Answer(404), Answer(fault=Fault.RESET), Answer(302, headers={"Location": "/"})]
)
async def test_a_service_that_does_not_take_it_keeps_nobody(
    answer: Answer, http_server: HttpServer, log: Any
) -> None:
    http_server.on("/secret-ping", answer)
    policy = WatchdogPolicy(heartbeat=Secret(http_server.url("/secret-ping")), timeout=2.0)
    beat = Heartbeat(lambda: policy, tuple, str)
    await beat.beat(policy)
    await beat.beat(policy)
    http_server.on("/secret-ping", Answer(200))
    await beat.beat(policy)
    said = [event["event"] for event in log.events]
    assert said == ["heartbeat_failed", "heartbeat_sent"]
    assert "secret-ping" not in log.stream.getvalue()


async def test_a_bug_in_it_ends_nothing(http_server: HttpServer, log: Any) -> None:
    """A task of the daemon's that ends is the daemon's end."""
    found = iter([RuntimeError("a bug"), ()])

    def reasons() -> Sequence[str]:
        one = next(found)
        if isinstance(one, Exception):
            raise one
        return one

    policy = WatchdogPolicy(heartbeat=Secret(http_server.url("/ping"))).model_copy(update={"every": 0.01})
    running = asyncio.create_task(Heartbeat(lambda: policy, reasons, str).run())
    await asyncio.to_thread(http_server.wait_for, "/ping")
    running.cancel()
    assert log.events[0]["event"] == "heartbeat_failed"


async def test_an_incident_that_reached_nobody_withholds_it(http_server: HttpServer) -> None:
    beat = Heartbeat(WatchdogPolicy, lambda: ["unreached"], str)
    await beat.beat(WatchdogPolicy(heartbeat=Secret(http_server.url("/ping"))))
    assert http_server.requests_to("/ping") == []
