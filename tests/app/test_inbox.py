"""What the inbox does when the clock is set, and when the engine itself fails."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from tests.core.builders import http_check, plan, rule
from watchtower.app.inbox import ClockSteps, Inbox, WorkerBatch
from watchtower.core.events import Acknowledged, Decision, Event, Ticked
from watchtower.core.pipeline.engine import Engine
from watchtower.detectors import DETECTORS
from watchtower.errors import StoreError
from watchtower.model import Observation, Outcome, Reading
from watchtower.telemetry import Telemetry

BANK = http_check()


class Journal:
    """Writes nothing, and says so to whoever waits."""

    def append(self, decisions: Sequence[Decision]) -> None: ...

    async def durable(self) -> None:
        raise StoreError("disk full")


class Broken(Engine):
    def handle(self, event: Event, at: float) -> list[Decision]:
        raise ZeroDivisionError


def inbox_of(engine: Engine, **more: object) -> Inbox:
    return Inbox(engine, Journal(), Telemetry("0"), **more)  # type: ignore[arg-type]


def engine_of(kind: type[Engine]) -> Engine:
    return kind(plan([BANK], [rule("down", "outcome == 'down'", BANK)]), DETECTORS, 0.0)


async def test_an_engine_that_fails_is_the_daemons_end() -> None:
    causes: list[BaseException] = []
    inbox = inbox_of(engine_of(Broken), on_crash=causes.append)
    inbox.put(Ticked())
    with pytest.raises(ZeroDivisionError):
        inbox.drain()
    assert [type(cause) for cause in causes] == [ZeroDivisionError]


async def test_a_clock_that_was_set_is_told_to_engine_and_scheduler() -> None:
    wall, told = [1000.0], []
    inbox = inbox_of(
        engine_of(Engine), steps=ClockSteps(lambda: wall[0], lambda: 0.0), on_step=lambda: told.append(1)
    )
    inbox.drain()
    assert told == []
    wall[0] -= 3600
    inbox.drain()
    assert told == [1]


async def test_a_workers_batch_keeps_nobody_waiting_and_is_evaluated_once_all_of_it_is() -> None:
    class Parts(Journal):
        def __init__(self) -> None:
            self.said: list[str] = []

        def begin(self) -> None:
            self.said.append("begin")

        def append(self, decisions: Sequence[Decision]) -> None:
            self.said.append("append")

        def evaluated(self, shard: int, upto: tuple[int, int]) -> None:
            self.said.append(f"{shard} {upto}")

    checks = [http_check(f"c{number}") for number in range(300)]
    engine = Engine(plan(checks, [rule("down", "outcome == 'down'", *checks)]), DETECTORS, 0.0)
    journal = Parts()
    inbox = Inbox(engine, journal, Telemetry("0"))  # type: ignore[arg-type]
    down = Reading(Outcome.DOWN, reason="status")
    inbox.put(WorkerBatch(7, (1, 2), [Observation(check.name, 1.0, down) for check in checks]))
    turns = 0
    while inbox.waiting:
        await asyncio.sleep(0)
        turns += 1
    assert turns > 2, "others had their turns"
    assert journal.said == ["begin", *["append"] * 300, "7 (1, 2)"]


async def test_an_acknowledgement_is_in_force_while_the_store_cannot_be_written() -> None:
    assert await inbox_of(engine_of(Engine)).ask(Acknowledged("INC-1", "li")) == []
