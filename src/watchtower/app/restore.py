"""Restores a backup into an empty store, or moves a store there: SQLite to PostgreSQL, and back."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from watchtower.app.alone import alone_on
from watchtower.app.lock import only_one
from watchtower.errors import StoreError
from watchtower.store import Store, file_of, open_store
from watchtower.store.copying import Bar, copy_history, copy_rows, history_of, must_be_new, opened, to_file
from watchtower.store.migrate import not_empty
from watchtower.store.proof import Proof, prove_store
from watchtower.store.sqlite import SqliteStore
from watchtower.store.statements import BACKUP, COPIED, UNFINISHED


async def restore(
    origin: str, url: str, bar: Bar, history: bool, history_file: Path | None
) -> tuple[str, Proof]:  # fmt: skip
    """Copies the store `origin` to `url`, where there must be none. An origin that is no backup is marked as moved, and no
    daemon runs on it any more. Returns the name of the new store. Raises StoreError."""
    target = open_store(url)
    moved, now, done = f"moved to {target}", f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC", False
    async with opened(source := open_store(origin, only_read=True)):
        copied, instance = await source.get(COPIED) or "", await source.get("instance")
        if copied.startswith(f"{UNFINISHED} {moved} "):
            done = not await _holds_nothing(url, instance)
        elif copied and copied != BACKUP:
            raise StoreError(f"{source} was {copied}: restore from that one")
        if not done:
            await _must_be_empty(url)
        if copied == BACKUP:
            return str(target), await _moved(source, url, target, bar, history, history_file)
    async with alone_on(origin, "restore", "stop it; start it with the new store afterwards") as source:
        # Before anything is copied: a process that is killed leaves no two stores on which daemons may run.
        await source.put(COPIED, f"{UNFINISHED} {moved} since {now}")
        try:
            if done:
                proof = await _proved(url)
            else:
                proof = await _moved(source, url, target, bar, history, history_file)
        except BaseException:
            if await _holds_nothing(url, instance):
                await source.put(COPIED, "")
            raise
        await source.put(COPIED, f"{moved} on {now}")
        return str(target), proof


async def _proved(url: str) -> Proof:
    async with opened(store := open_store(url, only_read=True)):
        await prove_store(store, proof := Proof())
        return proof


async def _moved(
    source: Store, url: str, target: Store, bar: Bar, history: bool, history_file: Path | None
) -> Proof:
    curves = history_of(source, None) if history else None
    if isinstance(target, SqliteStore):
        file = file_of(url)
        with only_one(url):
            proof = await to_file(source, file, "", bar)
            await copy_history(curves, target.history(history_file), bar)
        return proof
    proof = Proof()
    async with opened(target):
        await copy_rows(source, target, "", bar)
        await prove_store(target, proof)
        await copy_history(curves, target.history(history_file), bar)
    return proof


async def _must_be_empty(url: str) -> None:
    if isinstance(target := open_store(url), SqliteStore):
        must_be_new(file_of(url))
        return
    async with opened(target):
        if await target.get("instance") is not None:
            raise StoreError(not_empty(target))


async def _holds_nothing(url: str, instance: str | None) -> bool:
    """Whether it is certain that the store of this instance was not copied there."""
    if isinstance(target := open_store(url), SqliteStore):
        return not file_of(url).exists()
    with suppress(StoreError):
        async with opened(target):
            return await target.get("instance") != instance
    return False
