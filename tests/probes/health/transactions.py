"""Transactions on a test's server: `await run(made, step=[step("login"), step("pay")])`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from tests.parts.httpserver import Answer, HttpServer, Script
from watchtower.curl import CurlFleet
from watchtower.model import Reading
from watchtower.probes.contract import Services, Target
from watchtower.probes.steps import StepsProbe

Made = Callable[..., Awaitable[StepsProbe]]


@pytest.fixture
async def fleet() -> AsyncIterator[CurlFleet]:
    made = CurlFleet()
    made.start(asyncio.get_running_loop())
    yield made
    made.stop()


@pytest.fixture
async def made(fleet: CurlFleet, http_server: HttpServer) -> AsyncIterator[Made]:
    """`await made(step=[…])`: an opened probe on the test's server. All of a test keep one note, as after a restart."""
    opened, services = list[StepsProbe](), Services(curl=fleet)

    async def make(*, timeout: float = 5.0, **settings: Any) -> StepsProbe:
        table = {"url": http_server.url("/"), **settings}
        probe = StepsProbe(
            StepsProbe.Settings.model_validate_json(json.dumps(table)), Target("buy", 60.0, timeout)
        )
        opened.append(probe)
        await probe.open(services)
        return probe

    yield make
    for probe in opened:
        await probe.close()


async def run(made: Made, **settings: Any) -> Reading:
    return await (await made(**settings)).probe()


def step(name: str, url: str = "", **more: Any) -> dict[str, Any]:
    return {"name": name, "url": url or f"/{name}", **more}


def answering(server: HttpServer, **answers: Answer | Script) -> None:
    """Each path's answer, for ever."""
    for path, answer in answers.items():
        server.on(f"/{path}", answer)


LOGIN = step("login", carry={"token": {"json": "token"}})
