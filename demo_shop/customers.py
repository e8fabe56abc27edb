"""The demo shop's customers: they buy all the time, half of them in the app and half in the browser."""

from __future__ import annotations

import asyncio
import itertools
import secrets
from contextlib import suppress

import requests

from demo_shop.shop import PASSWORD, USER

CLIENTS = ("web-9", "ios-5.2")
APP = CLIENTS[1]
_PATIENCE = 4.0
"""Seconds that they wait for an answer."""


def buy(shop: str, client: str) -> None:
    """One pen. Who gets no answer goes away, and so does whoever is refused."""
    with suppress(requests.RequestException), requests.Session() as session:
        session.headers["X-Client"] = client

        def ask(path: str, **asked: str) -> dict[str, str]:
            answer = session.post(shop + path, json=asked, timeout=_PATIENCE)
            answer.raise_for_status()
            return answer.json()  # type: ignore[no-any-return]

        session.headers["Authorization"] = f"Bearer {ask('/login', user=USER, password=PASSWORD)['token']}"
        quote = ask("/quote", sku="pen")["quote"]
        ask("/pay", quote=quote, order=secrets.token_hex(8))


async def come(shop: str, every: float) -> None:
    """One each so many seconds, whether those before are served or not. Ends when it is cancelled."""
    waiting = set[asyncio.Task[None]]()
    for client in itertools.cycle(CLIENTS):
        one = asyncio.create_task(asyncio.to_thread(buy, shop, client))
        waiting.add(one)
        one.add_done_callback(waiting.discard)
        await asyncio.sleep(every)
