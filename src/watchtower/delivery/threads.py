"""Which page begins the thread of an incident in somebody's mailbox: the first one that they got."""

from __future__ import annotations

import asyncio

from watchtower.core.incident.incidents import TAKEN, Page
from watchtower.delivery.order import Lane, lane_of
from watchtower.errors import StoreError
from watchtower.store.store import Store

_PATIENCE = 2.0
"""Seconds for the store's answer: a page with a loose thread is better than a late one."""
_REMEMBERED = 10_000


class Threads:
    """Remembers what this run delivered, and asks the store for what earlier runs did."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._begun: dict[Lane, str] = {}

    def began_with(self, page: Page) -> None:
        """Records that the receiver accepted this page."""
        self._begun.setdefault(lane_of(page), page.id)
        if len(self._begun) > _REMEMBERED:
            del self._begun[next(iter(self._begun))]

    async def begins_with(self, page: Page) -> bool:
        """Whether nobody at this address got an earlier page of the incident."""
        if page.kind.traits.opens:
            return True
        known = self._begun.get(lane_of(page))
        if known is not None:
            return known == page.id
        try:
            async with asyncio.timeout(_PATIENCE):
                pages = await self._store.pages(page.incident)
        except (StoreError, TimeoutError):
            return False
        mine = [p for p, _, _ in pages if lane_of(p) == lane_of(page)]
        return not any(p.id != page.id and p.state in TAKEN for p in mine)
