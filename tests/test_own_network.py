"""A check that fails while this machine has no network is unknown, and one that fails is believed once there is one."""

from __future__ import annotations

import asyncio
from typing import ClassVar

import pytest

from tests.test_runner import KINDS, Room, Well, check
from watchtower.core.plan import Plan
from watchtower.core.plan.watchdog import WatchdogPolicy
from watchtower.model import NO_NETWORK, Outcome, Reading
from watchtower.probes.contract import down, unknown, up


class Network(Well):
    """The check of our own network: says what it is told to."""

    kind = "network"
    says: ClassVar[list[Reading]] = [up()]

    async def probe(self) -> Reading:
        self.says[:-1] = []
        return self.says[-1]


class Shop(Well):
    kind = "shop"

    async def probe(self) -> Reading:
        return down("timeout")


class Pushed(Well):
    kind = "pushed"
    by_name = True

    async def probe(self) -> Reading:
        return up(requests=0)


KINDS.update({p.kind: p for p in (Network, Shop, Pushed)})


class Behind(Room):
    """Checks behind our network, of which the first says whether there is one."""

    def __init__(self, *says: Reading) -> None:
        super().__init__()
        Network.says[:] = says
        kinds = [check(kind).model_copy(update={"network": kind != "network"}) for kind in KINDS]
        self.plan = Plan(
            checks={c.name: c for c in kinds if c.name in ("network", "shop", "pushed", "well")},
            watchdog=WatchdogPolicy(network="network"),
        )

    async def run(self, *names: str) -> dict[str, Reading]:
        before = len(self.seen)
        self.runner.start(names)
        while not {o.check for o in self.seen[before:]} >= {*names}:
            await asyncio.sleep(0.005)
        return {o.check: o.reading for o in self.seen[before:]}


async def test_a_failure_is_believed_once_our_own_network_is_there() -> None:
    async with Behind(up()) as room:
        assert await room.run("shop") == {"network": up(), "shop": down("timeout")}
        assert await room.run("shop") == {"shop": down("timeout")}  # that was known just now


@pytest.mark.parametrize("says", [down("timeout"), unknown("no_route"), unknown("resolver")])
async def test_without_a_network_what_fails_is_unknown(says: Reading) -> None:
    async with Behind(says) as room:
        seen = await room.run("shop", "pushed", "well")
        assert (seen["network"].outcome, seen["network"].reason) == (Outcome.DOWN, says.reason)
        for name in ("shop", "pushed"):
            assert (seen[name].outcome, seen[name].reason) == (Outcome.UNKNOWN, NO_NETWORK)
            assert seen[name].measurements == {}
        assert seen["well"].outcome is Outcome.UP


async def test_a_check_of_our_network_that_crashes_says_nothing_of_others() -> None:
    async with Behind(unknown("crashed")) as room:
        seen = await room.run("shop")
        assert seen == {"network": unknown("crashed"), "shop": down("timeout")}


async def test_what_began_while_there_was_no_network_is_unknown_too() -> None:
    async with Behind(down("timeout")) as room:
        await room.run("network")
        room.runner.start(["shop"])
        Network.says[:] = [up()]
        room.runner.start(["network"])
        while len(room.seen) < 3:
            await asyncio.sleep(0.005)
        [shop] = [o.reading for o in room.seen if o.check == "shop"]
        assert shop.reason == NO_NETWORK
