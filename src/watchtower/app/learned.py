"""Saves what detectors learnt from history, for a daemon that starts later. A running one would write over it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

from watchtower.app.alone import alone_on
from watchtower.core.state import Series
from watchtower.store.store import Store

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


def _alone_on(url: str) -> AbstractAsyncContextManager[Store]:
    return alone_on(url, "learn", _HINT)
