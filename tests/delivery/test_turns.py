"""Whose turn it is: never too many at once, the worst first, and the dead do not hold up the living."""

from __future__ import annotations

import asyncio

from tests.store.samples import EMAIL, SMS, WEBHOOK
from watchtower.core.incidents import Address
from watchtower.delivery.turns import Turns

LI, WANG, HOOK = ("li", EMAIL), ("wang", EMAIL), ("ops", WEBHOOK)


class Crowd:
    """Starts tasks that hold their turn until they are let go; `now` is who has one."""

    def __init__(self, per_channel: int = 2, overall: int = 3) -> None:
        self.turns = Turns(per_channel, overall)
        self.now: list[str] = []
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self.ends: dict[str, asyncio.Event] = {}

    async def comes(self, name: str, address: Address, rank: int = 1) -> None:
        self.ends[name] = asyncio.Event()
        self.tasks[name] = asyncio.create_task(self._hold(name, address, rank))
        await settle()

    async def leaves(self, name: str) -> None:
        self.ends[name].set()
        await settle()

    async def _hold(self, name: str, address: Address, rank: int) -> None:
        async with self.turns.turn(address, rank):
            self.now.append(name)
            try:
                await self.ends[name].wait()
            finally:
                self.now.remove(name)


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_so_many_on_a_channel_and_so_many_overall() -> None:
    crowd = Crowd(per_channel=2, overall=3)
    for name, address in (("a", LI), ("b", WANG), ("c", LI), ("d", HOOK), ("e", ("li", SMS))):
        await crowd.comes(name, address)
    assert crowd.now == ["a", "b", "d"]  # c: the channel is full; e: all is full
    await crowd.leaves("d")
    assert crowd.now == ["a", "b", "e"]
    await crowd.leaves("a")
    assert crowd.now == ["b", "e", "c"]


async def test_the_worst_goes_first_and_equals_in_order_of_arrival() -> None:
    crowd = Crowd(per_channel=1)
    for name, address, rank in (
        ("first", LI, 4),
        ("p3", LI, 3),
        ("p1", WANG, 1),
        ("p1 later", LI, 1),
        ("p0", LI, 0),
    ):
        await crowd.comes(name, address, rank)
    seen = []
    while crowd.now:
        seen += crowd.now
        await crowd.leaves(crowd.now[0])
    assert seen == ["first", "p0", "p1", "p1 later", "p3"]


async def test_an_address_that_failed_is_tried_one_at_a_time_until_it_works() -> None:
    crowd = Crowd(per_channel=2)
    crowd.turns.failed(LI)
    for name, address in (("li 1", LI), ("li 2", LI), ("wang", WANG)):
        await crowd.comes(name, address)
    assert crowd.now == ["li 1", "wang"]
    await crowd.leaves("wang")
    assert crowd.now == ["li 1"]
    assert crowd.turns.worked(LI) is True
    assert crowd.turns.worked(LI) is False
    await crowd.leaves("li 1")
    await crowd.comes("li 3", LI)
    assert crowd.now == ["li 2", "li 3"]


async def test_who_gives_up_waiting_or_is_stopped_leaves_the_place_to_the_next() -> None:
    crowd = Crowd(per_channel=1)
    for name in ("a", "b", "c", "d"):
        await crowd.comes(name, LI)
    crowd.tasks["b"].cancel()
    crowd.tasks["a"].cancel()
    await settle()
    assert crowd.now == ["c"]
    # Given its turn and cancelled in the same moment.
    crowd.ends["c"].set()
    await asyncio.sleep(0)
    crowd.tasks["d"].cancel()
    await settle()
    await crowd.comes("e", LI)
    assert crowd.now == ["e"]
    await crowd.leaves("e")
