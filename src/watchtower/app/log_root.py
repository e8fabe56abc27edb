"""The daily root of the log: written once a day, and logged, so that it stands where the store's owner cannot change it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from watchtower.logs import log
from watchtower.model import Instant
from watchtower.store.store import Store

ROOT = 600.0
"""Seconds from one look whether yesterday has a root to the next."""


async def keep_root(store: Store, at: Instant) -> None:
    """Writes the root of yesterday, once: it covers all that the log holds now."""
    yesterday = datetime.fromtimestamp(at, UTC) - timedelta(days=1)
    if root := await store.root_of(f"{yesterday:%Y-%m-%d}"):
        log.info("log_root", day=root.day, root=root.root)
