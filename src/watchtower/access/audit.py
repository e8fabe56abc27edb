"""The audit log of access: who did what from where, kept for a while and written to the store in slices."""

from __future__ import annotations

import contextlib
import secrets
import time
from collections import deque
from collections.abc import Callable, Sequence

from watchtower.errors import StoreError
from watchtower.logs import log
from watchtower.model import Instant
from watchtower.outside_text import clean
from watchtower.store.contract import FOREVER, AuditEntry
from watchtower.store.store import Store

WAITING = 5000
"""Entries that wait for the store; older ones are dropped and counted."""
_LONGEST = 200
_SLICE, _SLICES = 1000, 10
_STEP = 1e-6


class Audit:
    """Owned by the event loop."""

    def __init__(self, store: Store, clock: Callable[[], Instant] = time.time) -> None:
        self._store, self._clock = store, clock
        self._waiting: deque[AuditEntry] = deque()
        self._dropped, self._last = 0, 0.0

    def note(self, actor: str, action: str, about: str, address: str, status: int = 200) -> None:
        """Takes an entry. It is in the store after the next `save`."""
        at = round(self._clock(), 6)
        if self._last - 1 < at <= self._last:  # no two have the same moment, so `before` skips none
            at = round(self._last + _STEP, 6)
        self._last = at
        said = [clean(text)[:_LONGEST] for text in (actor, action, about, address)]
        self._waiting.append(AuditEntry(secrets.token_hex(8), at, said[0], said[1], said[2], said[3], status))
        if len(self._waiting) > WAITING:
            self._waiting.popleft()
            self._dropped += 1

    async def read(self, limit: int, before: Instant = FOREVER) -> Sequence[AuditEntry]:
        """The newest entries before a moment, the newest first. Raises StoreError."""
        await self.save()
        return await self._store.audit(before, limit)

    async def find(
        self, fits: Callable[[AuditEntry], bool], limit: int, before: Instant = FOREVER
    ) -> tuple[Sequence[AuditEntry], Instant]:
        """The newest that fit, and before when to search on; 0 at the end. One search looks at ten thousand, so it never
        holds the store for long. Raises StoreError."""
        found: list[AuditEntry] = []
        for _ in range(_SLICES):
            entries = await self.read(_SLICE, before)
            for entry in entries:
                if len(found) == limit:
                    return found, before
                before = entry.at
                if fits(entry):
                    found.append(entry)
            if len(entries) < _SLICE:
                return found, 0.0
        return found, before

    async def save(self) -> None:
        """Writes what waits. Where the store does not take it, it waits on."""
        written = list(self._waiting)
        if not written:
            return
        if self._dropped:
            log.error("audit_dropped", count=self._dropped)
            self._dropped = 0
        with contextlib.suppress(StoreError):
            await self._store.save_audit(written)
            for entry in written:
                if self._waiting and self._waiting[0] is entry:
                    self._waiting.popleft()
