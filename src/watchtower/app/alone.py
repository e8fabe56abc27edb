"""A store of which a command has sole use: no daemon runs on it meanwhile."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from watchtower.app.lock import only_one
from watchtower.errors import StoreError
from watchtower.store import open_store
from watchtower.store.lease import BEAT, TTL
from watchtower.store.store import Store

_RUNS = "another watchtower is running"


@asynccontextmanager
async def alone_on(url: str, name: str, hint: str) -> AsyncIterator[Store]:
    """The store while no daemon runs on it; one that starts now waits, or is refused. `name` is shown to it. Raises
    StoreError, with the hint where a daemon runs."""
    try:
        with only_one(url):
            store = open_store(url)
            await store.open()
            lease = store.lease(f"{name}@{socket.gethostname()}:{os.getpid()}", "")
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
        raise StoreError(f"{error}\n  hint: {hint}" if _RUNS in str(error) else str(error)) from None
