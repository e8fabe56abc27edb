"""Saves what detectors learnt from history, for a daemon that starts later. A running one would write over it."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from watchtower.app.lock import only_one
from watchtower.core.state import Series
from watchtower.errors import StoreError
from watchtower.store import open_store
from watchtower.store.lease import BEAT, TTL
from watchtower.store.store import Store

_RUNS = "another watchtower is running"
_HINT = "stop it, let the check learn, start it again; --dry-run only shows what would be learnt"


async def known(url: str) -> frozenset[Series]:
    """The series of which the store holds what they learnt. Raises StoreError, also while a daemon runs on it."""
    async with _alone_on(url) as store:
        return frozenset((await store.load()).detectors)


async def save(url: str, states: Mapping[Series, Mapping[str, Any]]) -> str:
    """Returns the store's name. Raises StoreError, also while a daemon runs on it."""
    async with _alone_on(url) as store:
        await store.save_detectors(states)
        return str(store)


@asynccontextmanager
async def _alone_on(url: str) -> AsyncIterator[Store]:
    """The store while no daemon runs on it; one that starts now waits, or is refused."""
    try:
        with only_one(url):
            store = open_store(url)
            await store.open()
            lease = store.lease(f"learn@{socket.gethostname()}:{os.getpid()}", "")
            try:
                if lease is not None:
                    try:
                        await asyncio.wait_for(lease.take(), TTL + 2 * BEAT)
                    except TimeoutError:
                        leader = lease.holder.owner if lease.holder else "no answer"
                        raise StoreError(f"{_RUNS} on this store ({leader} leads)") from None
                yield store
            finally:
                if lease is not None:
                    await lease.end()
                await store.close()
    except StoreError as error:
        raise StoreError(f"{error}\n  hint: {_HINT}" if _RUNS in str(error) else str(error)) from None
