"""A listener over a WebSocket: it pings, notices who is gone without a word, and one slow answer holds up no other."""

from __future__ import annotations

import asyncio

import pytest

from tests.channels.heard import Heard
from tests.parts.websocket import PING, PONG, FarSide, WebSocketServer
from watchtower.channels.http_settings import CallSettings
from watchtower.channels.socket_listening import each_message
from watchtower.errors import DeliveryError


async def nothing(message: str | bytes) -> None:
    return None


async def test_who_says_nothing_not_even_to_a_ping_is_gone() -> None:
    async def script(far: FarSide) -> None:
        await asyncio.Event().wait()

    heard = Heard()
    async with WebSocketServer(script) as server:
        with pytest.raises(DeliveryError) as failure:
            await each_message(server.url, heard, nothing, CallSettings(), every=0.05)
    assert failure.value.code == "silent"
    assert heard.up.is_set()


async def test_a_pong_is_a_sign_of_life() -> None:
    pings = 0

    async def script(far: FarSide) -> None:
        nonlocal pings
        while pings < 5:
            pings += (await far.receive_frame())[0] == PING
            await far.send_frame(PONG)

    async with WebSocketServer(script) as server:
        with pytest.raises(DeliveryError) as failure:
            await each_message(server.url, Heard(), nothing, CallSettings(), every=0.05)
    assert pings == 5, failure.value


async def test_one_slow_answer_holds_up_no_other() -> None:
    slow, answers = asyncio.Event(), list[str | bytes]()

    async def hear(message: str | bytes) -> str | bytes:
        if message == "slow":
            await slow.wait()
        return message

    async def script(far: FarSide) -> None:
        await far.send("slow")
        await far.send("quick")
        answers.append(await far.receive())
        slow.set()
        answers.append(await far.receive())

    async with WebSocketServer(script) as server:
        with pytest.raises(DeliveryError):
            await each_message(server.url, Heard(), hear, CallSettings(), every=30)
    assert answers == ["quick", "slow"]


async def test_nobody_there_is_said_with_the_host_and_no_ticket() -> None:
    async with WebSocketServer(lambda far: asyncio.sleep(0), status=401) as server:
        with pytest.raises(DeliveryError, match="401") as failure:
            await each_message(f"{server.url}?ticket=secret", Heard(), nothing, CallSettings(), every=30)
    assert "secret" not in str(failure.value)
