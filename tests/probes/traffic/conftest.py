"""What the tests of traffic and prepaid probes share: probes made as a check makes them."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import pytest

from watchtower.curl import CurlFleet
from watchtower.model import Reading
from watchtower.probes.contract import Probe, Services, Target, readings
from watchtower.probes.registry import Registry

Make = Callable[..., Awaitable["Running"]]


class Running:
    """An opened probe; `poll` runs it as the runner does: plain ones in a thread."""

    def __init__(self, probe: Probe) -> None:
        self.probe: Any = probe

    async def poll(self) -> Sequence[Reading]:
        if inspect.iscoroutinefunction(self.probe.probe):
            return readings(await self.probe.probe())
        return readings(await asyncio.to_thread(self.probe.probe))

    async def one(self) -> Reading:
        (reading,) = await self.poll()
        return reading

    async def by_series(self) -> dict[str, Reading]:
        return {reading.series: reading for reading in await self.poll()}


@pytest.fixture
async def make() -> AsyncIterator[Make]:
    """`await make("metrics", url=…, query=…)`: settings as TOML has them."""
    fleet, opened = CurlFleet(), list[Probe]()
    fleet.start(asyncio.get_running_loop())

    async def made(
        kind: str, *, series: tuple[str, ...] = (), timeout: float = 5.0, **settings: Any
    ) -> Running:
        cls = Registry.load(None).get(kind)
        probe = cls(cls.Settings.model_validate(settings), Target("a-check", 10.0, timeout, series))
        await probe.open(Services(curl=fleet))
        opened.append(probe)
        return Running(probe)

    yield made
    for probe in opened:
        await probe.close()
    fleet.stop()  # in the loop's own thread: elsewhere it would race with what the loop still delivers
