"""Answers to requests that came with an Idempotency-Key: whoever sends one again gets the same answer.

They are kept for a day, in the store, so that it holds over a restart and for the daemon that takes over.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from hashlib import sha256

import msgspec

from watchtower.errors import StoreError
from watchtower.model import Instant
from watchtower.store.store import Store
from watchtower.values import Frozen

LASTS = 86400.0
MOST, LARGEST = 2000, 16384
"""Answers that are kept, and bytes of one."""
_KIND = "answer"


class KeptAnswer(Frozen):
    """`request` is a digest of what was asked, `at` when it was answered."""

    request: str
    status: int
    body: str
    at: Instant


class KeptAnswers:
    """Owned by the event loop."""

    def __init__(self, store: Store, clock: Callable[[], Instant] = time.time) -> None:
        self._store, self._clock = store, clock
        self._known: dict[str, KeptAnswer] = {}
        self.under_way = set[str]()
        """The keys of requests that are being answered."""

    async def load(self) -> None:
        """Raises StoreError."""
        rows = [(id, data) for kind, id, data in await self._store.access() if kind == _KIND]
        try:
            known = {id: msgspec.json.decode(data, type=KeptAnswer) for id, data in rows}
        except msgspec.MsgspecError as error:
            raise StoreError(f"an answer in the store cannot be read: {error}") from None
        self._known = dict(sorted(known.items(), key=lambda item: item[1].at))

    def find(self, key: str) -> KeptAnswer | None:
        found = self._known.get(key)
        return found if found and self._clock() < found.at + LASTS else None

    async def keep(self, key: str, request: str, status: int, body: bytes) -> None:
        """Keeps an answer, and drops those that are over. Raises StoreError."""
        if len(body) > LARGEST:
            return
        made, now = KeptAnswer(request, status, body.decode(), self._clock()), self._clock()
        self._known[key] = made
        over = [k for k, one in self._known.items() if now >= one.at + LASTS]
        over += [k for k in self._known if k not in over][: max(0, len(self._known) - len(over) - MOST)]
        for each in over:
            del self._known[each]
        await self._store.save_access(
            [(_KIND, key, msgspec.json.encode(made).decode())], [(_KIND, each) for each in over]
        )


def key_for(caller: str, given: str) -> str:
    """Under which an answer is kept: the same key of somebody else is another one."""
    return sha256(f"{caller}\0{given}".encode()).hexdigest()
