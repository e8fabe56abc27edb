"""Whose turn it is: nobody holds more than their share, the worst first, and the dead do not hold up the living."""

from __future__ import annotations

import asyncio

from tests.store.samples import EMAIL, SMS, WEBHOOK
from watchtower.channels import traits
from watchtower.delivery.turns import HANGING, PER_CHANNEL, SHARE, Turns, Way

MAIL_SHARE = traits()["email"].at_once


def hook(name: str, host: str = "") -> Way:
    return Way((name, WEBHOOK), host or f"{name}.example:443")


def mail(name: str) -> Way:
    return Way((name, EMAIL), "mail.example:587", share=MAIL_SHARE)


class Crowd:
    """Starts tasks that hold their turn until they are let go; `now` is who has one."""

    def __init__(self) -> None:
        self.turns = Turns()
        self.now: list[str] = []
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self.ends: dict[str, asyncio.Event] = {}

    async def comes(self, name: str, way: Way, rank: int = 1) -> None:
        self.ends[name] = asyncio.Event()
        self.tasks[name] = asyncio.create_task(self._hold(name, way, rank))
        await settle()

    async def come(self, way: Way, count: int, prefix: str = "") -> None:
        for number in range(count):
            await self.comes(f"{prefix or way.receiver} {number}", way)

    async def leaves(self, name: str) -> None:
        self.ends[name].set()
        await settle()

    async def end(self) -> None:
        while self.now:
            await self.leaves(self.now[0])

    async def _hold(self, name: str, way: Way, rank: int) -> None:
        async with self.turns.turn(way, rank):
            self.now.append(name)
            try:
                await self.ends[name].wait()
            finally:
                self.now.remove(name)


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_an_address_that_is_not_known_is_tried_with_one_page() -> None:
    crowd = Crowd()
    await crowd.come(mail("li"), 20, "li")
    await crowd.come(mail("wang"), 20, "wang")
    assert crowd.now == ["li 0", "wang 0"]
    crowd.turns.worked(mail("li"))
    await crowd.leaves("li 0")
    assert len(crowd.now) == MAIL_SHARE  # the server's share: three of li, and one of wang
    await crowd.end()


async def test_a_gateway_that_hangs_is_tried_for_each_person_at_once() -> None:
    crowd = Crowd()
    for person in "abc":
        crowd.turns.failed(mail(person), hung=True)
        await crowd.come(mail(person), 3, person)
    assert crowd.now == ["a 0", "b 0", "c 0"]
    await crowd.end()


async def test_however_many_hang_there_is_room_for_the_living() -> None:
    crowd = Crowd()
    for number in range(100):
        crowd.turns.failed(hook(f"dead{number}"), hung=True)
        await crowd.comes(f"dead{number}", hook(f"dead{number}"))
    assert len(crowd.now) == HANGING
    for number in range(PER_CHANNEL):
        await crowd.comes(f"new{number}", hook(f"new{number}"))
    assert len(crowd.now) == PER_CHANNEL - SHARE  # they may hang, too
    crowd.turns.worked(hook("li"))
    await crowd.come(hook("li"), 20, "li")
    assert len(crowd.now) == PER_CHANNEL
    await crowd.comes("another channel", Way(("li", SMS), "gateway"))
    assert "another channel" in crowd.now
    await crowd.end()


async def test_a_healthy_newcomer_does_not_wait_for_a_hundred_that_hang() -> None:
    crowd = Crowd()
    for number in range(100):
        await crowd.comes(f"new{number}", hook(f"new{number}"))
    await crowd.comes("li", hook("li"), rank=4)
    assert "li" in crowd.now
    await crowd.end()


async def test_one_far_side_has_its_share_and_no_more() -> None:
    crowd = Crowd()
    for number in range(20):
        await crowd.comes(f"mail {number}", mail(f"p{number}"))
        await crowd.comes(f"sms {number}", Way((f"p{number}", SMS), "gateway"))
    assert len(crowd.now) == MAIL_SHARE + SHARE
    await crowd.comes("another server", Way(("x", EMAIL), "other:25"))
    assert "another server" in crowd.now
    await crowd.end()


async def test_the_worst_goes_first_and_equals_in_order_of_arrival() -> None:
    crowd = Crowd()
    crowd.turns.failed(mail("all"), hung=True)
    for name, person, rank in (
        ("first", "li", 4),
        ("p3", "li", 3),
        ("p1", "li", 1),
        ("p1 later", "li", 1),
        ("p0", "li", 0),
    ):
        await crowd.comes(name, mail(person), rank)
    seen = []
    while crowd.now:
        seen += crowd.now
        await crowd.leaves(crowd.now[0])
    assert seen == ["first", "p0", "p1", "p1 later", "p3"]


async def test_an_address_that_failed_is_tried_one_at_a_time_until_it_works() -> None:
    crowd, li, wang = Crowd(), mail("li"), mail("wang")
    crowd.turns.worked(li)
    crowd.turns.failed(li, hung=False)
    crowd.turns.worked(wang)
    for name, way in (("li 1", li), ("li 2", li), ("wang", wang)):
        await crowd.comes(name, way)
    assert crowd.now == ["li 1", "wang"]
    await crowd.leaves("wang")
    assert crowd.now == ["li 1"]
    assert crowd.turns.worked(li) is True
    assert crowd.turns.worked(li) is False
    await crowd.leaves("li 1")
    await crowd.comes("li 3", li)
    assert crowd.now == ["li 2", "li 3"]
    await crowd.end()


async def test_who_gives_up_waiting_or_is_stopped_leaves_the_place_to_the_next() -> None:
    crowd, li = Crowd(), mail("li")
    crowd.turns.failed(li, hung=True)
    for name in ("a", "b", "c", "d"):
        await crowd.comes(name, li)
    crowd.tasks["b"].cancel()
    crowd.tasks["a"].cancel()
    await settle()
    assert crowd.now == ["c"]
    # Given its turn and cancelled in the same moment.
    crowd.ends["c"].set()
    await asyncio.sleep(0)
    crowd.tasks["d"].cancel()
    await settle()
    await crowd.comes("e", li)
    assert crowd.now == ["e"]
    await crowd.leaves("e")
