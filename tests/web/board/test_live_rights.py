"""A stream goes on for hours: who loses the right meanwhile sees nothing more, and a board that stands still ends."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.web.asgi import ELSEWHERE
from tests.web.fake import AT, FakeDaemon
from tests.web.people import House, house
from watchtower.model import AccessRole
from watchtower.web.board import live

__all__ = ["house"]
SIGNED_OUT = "signed out"


def of(house: House) -> live.Live:
    found: live.Live = house.app.app.state.live
    return found


async def look(house: House, then: Callable[[], Any]) -> list[bytes]:
    """What a viewer gets who has signed in; after the first event `then` is done, and news are told."""
    browser = await house.signed_in("vera")
    cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    scope = {
        "type": "http", "method": "GET", "scheme": "https", "path": "/live", "raw_path": b"/live", "query_string": b"",
        "root_path": "", "client": (ELSEWHERE, 1), "headers": [(b"host", b"watch.example"), (b"cookie", cookie.encode())],
    }  # fmt: skip
    got: list[bytes] = []
    came = asyncio.Event()

    async def send(message: Any) -> None:
        if message.get("body"):
            got.append(message["body"])
            came.set()

    stream = asyncio.create_task(house.app(scope, lambda: asyncio.Event().wait(), send))
    async with asyncio.timeout(10):
        await came.wait()
        done = then()
        if done is not None:
            await done
        for news in list(of(house)._viewers):
            news.set()
        await stream
    return got


@pytest.mark.parametrize("how", [SIGNED_OUT, "removed"])
async def test_who_loses_the_right_sees_nothing_more(house: House, daemon: FakeDaemon, how: str) -> None:
    await house.accounts.put_account("vera", AccessRole.VIEW)
    ends = house.accounts.sign_out_everywhere if how == SIGNED_OUT else house.accounts.remove
    assert len(await look(house, lambda: ends("vera"))) == 1


async def test_a_board_that_is_not_made_any_more_does_not_look_alive(
    house: House, daemon: FakeDaemon
) -> None:
    def stands_still() -> None:
        board, long_ago = of(house), time.monotonic() - 2 * live.BEAT - 1.0
        daemon.reasons = ("store",)
        board._frames = {key: replace(one, made_at=long_ago) for key, one in board._frames.items()}

    assert len(await look(house, stands_still)) == 1
    assert daemon.at == AT
