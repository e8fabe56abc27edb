"""What probes must still know after a restart lies in the store."""

from __future__ import annotations

import json
from typing import Self

from watchtower.errors import StoreError
from watchtower.logs import log
from watchtower.probes.kept import Kept
from watchtower.store.store import Store

_NAME = "kept"


class KeptInStore(Kept):
    """Owned by the daemon's loop, which saves it every now and then and at its end."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store = store

    @classmethod
    async def opened(cls, store: Store) -> Self:
        """As it was saved. A store that cannot be read does not stop the probes."""
        kept = cls(store)
        try:
            kept.notes.update(json.loads(await store.get(_NAME) or "{}"))
        except (StoreError, ValueError) as error:
            log.error("kept_unread", error=str(error))
        return kept

    async def save(self) -> None:
        """Writes what has changed since. Raises StoreError, and tries it again at the next call."""
        if self.unsaved:
            self.unsaved = False
            try:
                await self._store.put(_NAME, json.dumps(self.notes))
            except StoreError:
                self.unsaved = True
                raise
