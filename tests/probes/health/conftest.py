"""Probes made as a check makes them, on a fleet of the test's own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from watchtower.curl import CurlFleet
from watchtower.model import Reading
from watchtower.probes.contract import Probe, Services, Target
from watchtower.probes.registry import Registry

Ask = Callable[..., Awaitable[Reading]]


@pytest.fixture
async def ask() -> AsyncIterator[Ask]:
    """`await ask("http", url=…)`: one reading of a probe with these settings, as TOML has them."""
    registry, fleet, opened = Registry.load(None), CurlFleet(), list[Probe]()
    fleet.start(asyncio.get_running_loop())

    async def asked(kind: str, *, timeout: float = 5.0, **settings: Any) -> Reading:
        cls = registry.get(kind)
        probe = cls(cls.Settings.model_validate_json(json.dumps(settings)), Target("a-check", 15.0, timeout))
        opened.append(probe)
        await probe.open(Services(curl=fleet))
        reading: Reading = await probe.probe()
        return reading

    yield asked
    for probe in opened:
        await probe.close()
    fleet.stop()
