"""What parts must still know after a restart lies in the store, each as one JSON text under its own name."""

from __future__ import annotations

import json
from typing import Any, Protocol

from watchtower.errors import StoreError
from watchtower.logs import log
from watchtower.store.store import Store


class Learns(Protocol):
    """A part that knows something. It sets `unsaved` whenever that changes."""

    unsaved: bool

    def state(self) -> Any:
        """What it knows, as JSON has it."""

    def restore(self, state: Any) -> None:
        """Knows again what an earlier run knew. Raises what comes of a text of another shape."""


class KeptInStore:
    """Parts by their names in the store. Owned by the daemon's loop, which saves them every now and then and at its end."""

    def __init__(self, store: Store, **parts: Learns) -> None:
        self._store, self._parts = store, parts

    async def open(self) -> None:
        """Gives each part what was saved. A store or a text that cannot be read costs only that."""
        for name, part in self._parts.items():
            try:
                if saved := await self._store.get(name):
                    part.restore(json.loads(saved))
            except (StoreError, ValueError, TypeError, KeyError, AttributeError) as error:
                log.error(f"{name}_unread", error=str(error))

    async def save(self) -> None:
        """Writes what has changed since. Raises StoreError, and tries it again at the next call."""
        for name, part in self._parts.items():
            if part.unsaved:
                part.unsaved = False
                try:
                    await self._store.put(name, json.dumps(part.state(), ensure_ascii=False))
                except StoreError:
                    part.unsaved = True
                    raise
