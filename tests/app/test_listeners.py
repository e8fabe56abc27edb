"""Channels that listen: begun again when they end, ended by a reload, and never the daemon's trouble."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from watchtower.app.listeners import Listeners
from watchtower.channels.contract import DeliveryReport
from watchtower.channels.listening import Ear, Press, Unconfirmed
from watchtower.core.incident.incidents import PageState
from watchtower.errors import DeliveryError, DeliveryFault


class Line:
    """A channel whose connection ends as it is told; without a word it goes on for ever."""

    listens = True

    def __init__(self, *ends: Exception | None, lets_in: bool = True) -> None:
        self.ends, self.lets_in = list(ends), lets_in
        self.calls, self.cancelled = 0, False
        self.ear: asyncio.Queue[Ear] = asyncio.Queue()

    async def listen(self, ear: Ear) -> None:
        self.calls += 1
        if self.lets_in:
            ear.connected()
        await self.ear.put(ear)
        if self.ends:
            end = self.ends.pop(0)
            if end is not None:
                raise end
            return
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise


class Silent:
    """A channel that only sends."""


async def hear(kind: str, press: Press) -> str:
    return f"{kind} {press.address} {press.about}"


RECORDED = list[tuple[Any, ...]]()


async def record(channel: str, reports: Sequence[DeliveryReport]) -> None:
    RECORDED.append((channel, *reports))


async def test_what_became_of_messages_is_recorded_for_the_channel() -> None:
    line, made = Line(), Listeners(hear, record, str)
    made.take({"chat.cn": line})
    ear = await asyncio.wait_for(line.ear.get(), 5)
    report = DeliveryReport(PageState.RECEIVED, reference="1^2")
    await ear.reported([report])
    assert [("chat.cn", report)] == RECORDED
    await made.stop()


async def test_a_connection_that_ends_is_made_again() -> None:
    lost = DeliveryError("connect", "reset", fault=DeliveryFault.RETRY)
    line, made = Line(lost, None, RuntimeError("a bug")), Listeners(hear, record, str, first=0.01)
    made.take({"chat.cn": line, "sms": Silent()})
    assert made.up == {"chat.cn": False}
    for _ in range(4):
        ear = await asyncio.wait_for(line.ear.get(), 5)
    assert await ear.pressed(Press("42", "INC-7")) == "chat 42 INC-7"
    assert line.calls == 4
    assert made.up == {"chat.cn": True}
    await made.stop()
    assert line.cancelled
    assert made.up == {}


async def test_one_that_is_not_let_in_is_not_up() -> None:
    line = Line(*[DeliveryError("401", "no")] * 3, lets_in=False)
    made = Listeners(hear, record, str, first=0.01)
    made.take({"chat": line})
    for _ in range(4):
        await asyncio.wait_for(line.ear.get(), 5)
    assert made.up == {"chat": False}
    await made.stop()


async def test_a_reload_ends_what_listened_before() -> None:
    old, new, made = Line(), Line(), Listeners(hear, record, str)
    made.take({"chat": old})
    await asyncio.wait_for(old.ear.get(), 5)
    made.take({"chat": new})
    await asyncio.wait_for(new.ear.get(), 5)
    assert old.cancelled
    assert made.up == {"chat": True}
    await made.stop()


async def test_what_the_far_side_asks_to_wait_is_waited() -> None:
    line = Line(DeliveryError("429", "slow down", retry_after=3600.0), lets_in=False)
    made = Listeners(hear, record, str, first=0.01)
    made.take({"chat": line})
    await asyncio.wait_for(line.ear.get(), 5)
    await asyncio.sleep(0.05)
    assert line.calls == 1
    await made.stop()


async def test_a_press_that_cannot_be_taken_is_answered_all_the_same() -> None:
    async def crash(kind: str, press: Press) -> str:
        raise RuntimeError("a bug")

    line, made = Line(), Listeners(crash, record, str)
    made.take({"chat": line})
    ear = await asyncio.wait_for(line.ear.get(), 5)
    said = await ear.pressed(Press("42", "INC-7"))
    assert isinstance(said, Unconfirmed)
    assert said.startswith("It cannot be confirmed now")
    await made.stop()


async def test_a_far_side_that_asks_for_ever_is_asked_again() -> None:
    """JSON may hold 1e999."""
    line = Line(DeliveryError("429", "too many", retry_after=float("inf")), lets_in=False)
    made = Listeners(hear, record, str, first=0.01, asked_cap=0.01)
    made.take({"chat": line})
    for _ in range(2):
        await asyncio.wait_for(line.ear.get(), 5)
    await made.stop()
    assert line.calls == 2
