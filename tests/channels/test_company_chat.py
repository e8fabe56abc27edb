"""What makes a message urgent outlasts no attempt: its page is taken already."""

from __future__ import annotations

import asyncio

from tests.channels.letters import P0, P2, letter
from watchtower.channels.company_chat import urged
from watchtower.errors import DeliveryError

WAYS = ("app", "sms", "phone")


async def test_all_ways_are_asked_at_once_and_whoever_does_not_answer_is_not_waited_for() -> None:
    asked, all_of_them = list[str](), asyncio.Event()

    async def urge(how: str) -> bool:
        asked.append(how)
        if len(asked) == len(WAYS):
            all_of_them.set()
        await all_of_them.wait()
        if how == "phone":
            raise DeliveryError("quota", "none is left")
        if how == "sms":
            await asyncio.Event().wait()
        return True

    began = asyncio.get_running_loop().time() - 27.5
    said = await urged(letter(severity=P0), WAYS, urge, began, "DING", "no DING")
    assert said == ", DING by app, no DING by sms: no answer in time, no DING by phone: quota"


async def test_what_is_not_urgent_asks_nobody() -> None:
    async def urge(how: str) -> bool:
        raise AssertionError(how)

    assert await urged(letter(severity=P2), WAYS, urge, 0.0, "DING", "no DING") == ""
