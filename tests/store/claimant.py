"""A process that wants to lead: it stands by, and while it leads it writes a row each few milliseconds, fenced.

SIGUSR1 keeps its event loop busy for longer than the lease lasts; SIGUSR2 stops it inside its next transaction; SIGHUP
hangs its event loop for so long that others lead.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from typing import Any

from watchtower.errors import Deposed, StoreError
from watchtower.store.lease import HANGS, TTL
from watchtower.store.postgres import PostgresStore

BUSY = 4.0
stop_inside = False


def busy(*_: object) -> None:
    until = time.monotonic() + BUSY
    while time.monotonic() < until:
        pass


def hang(*_: object) -> None:
    time.sleep(HANGS + TTL + 4)


def inside(*_: object) -> None:
    global stop_inside
    stop_inside = True


async def write(store: PostgresStore, term: str, epoch: int) -> None:
    async def row(connection: Any) -> None:
        global stop_inside
        await connection.execute("INSERT INTO written (term, epoch) VALUES ($1, $2)", term, epoch)
        if stop_inside:
            stop_inside = False
            os.kill(os.getpid(), signal.SIGSTOP)

    await store._write(row)


async def live(dsn: str) -> None:
    while True:
        store = PostgresStore(dsn)
        try:
            await store.open()
            lease = store.lease(str(os.getpid()), "")
            await lease.take()
            while True:
                assert lease.holder is not None
                try:
                    await write(store, lease.term, lease.holder.epoch)
                except Deposed:
                    break
                except StoreError:
                    await asyncio.sleep(0.2)
                await asyncio.sleep(0.02)
            await lease.end()
        except StoreError:
            await asyncio.sleep(0.3)
        finally:
            await store.close()


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, busy)
    signal.signal(signal.SIGUSR2, inside)
    signal.signal(signal.SIGHUP, hang)
    asyncio.run(live(sys.argv[1]))
