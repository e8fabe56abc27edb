"""Between the engine and the store: decisions in order, one transaction a batch, and only then the pages.

A page is recorded before it is sent. When the store cannot be written, the batch is kept and tried again
until it can; its pages are sent meanwhile, because a page matters more than its record.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from watchtower.core.events import Decision, PageChanged, PageOwed
from watchtower.core.incidents import Page, PageState
from watchtower.errors import StoreError
from watchtower.logs import log
from watchtower.store.contract import Store

RETRY = 1.0
"""Seconds between attempts to write to a store that cannot be written."""


class Outbox(Protocol):
    """Who sends pages."""

    def offer(self, pages: Sequence[Page]) -> None: ...

    def cancel(self, pages: Sequence[str]) -> None: ...


@dataclass(slots=True)
class _Batch:
    decisions: list[Decision] = field(default_factory=list)
    durable: list[asyncio.Future[None]] = field(default_factory=list)
    released: bool = False


class Journal:
    """Owned by one event loop. `run` is its task; when that ends with an error the daemon must end too."""

    def __init__(self, store: Store, outbox: Outbox, committed: Callable[[float, int], None]) -> None:
        self._store, self._outbox, self._committed = store, outbox, committed
        self._open = _Batch()
        """What waits to be written; a batch that is being written is no longer here."""
        self._wake = asyncio.Event()
        self._stopping = False
        self.failing_since: float | None = None
        """Monotonic seconds since when the store has refused to be written; None while it is well."""

    def append(self, decisions: Sequence[Decision]) -> None:
        """Write these, in this order, with whatever else waits."""
        if decisions:
            self._open.decisions.extend(decisions)
            self._wake.set()

    async def durable(self) -> None:
        """Return when everything appended so far is written."""
        future = asyncio.get_running_loop().create_future()
        self._open.durable.append(future)
        self._wake.set()
        await future

    async def run(self) -> None:
        """Write until `stop` was called and nothing waits."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._open.decisions or self._open.durable:
                batch, self._open = self._open, _Batch()
                await self._write(batch)
            if self._stopping:
                return

    def stop(self) -> None:
        """Write what waits, then let `run` return."""
        self._stopping = True
        self._wake.set()

    async def _write(self, batch: _Batch) -> None:
        while True:
            begun = time.monotonic()
            try:
                if batch.decisions:
                    await self._store.commit(batch.decisions)
                break
            except StoreError as error:
                self._refused(error)
                self._release(batch)
                if self._stopping:
                    log.error("decisions_lost", count=len(batch.decisions))
                    break
                await asyncio.sleep(RETRY)
        if batch.decisions:
            self._committed(time.monotonic() - begun, len(batch.decisions))
        self.failing_since = None
        self._release(batch)
        for future in batch.durable:
            if not future.done():
                future.set_result(None)

    def _release(self, batch: _Batch) -> None:
        """Hand the batch's pages over, once."""
        if batch.released:
            return
        batch.released = True
        pages = [d.page for d in batch.decisions if isinstance(d, PageOwed)]
        gone = [
            d.page for d in batch.decisions if isinstance(d, PageChanged) and d.state is PageState.CANCELLED
        ]
        if pages:
            self._outbox.offer(pages)
        if gone:
            self._outbox.cancel(gone)

    def _refused(self, error: StoreError) -> None:
        if self.failing_since is None:
            self.failing_since = time.monotonic()
            log.error("store_refuses", error=str(error))
