"""Backs up a store while a daemon runs on it."""

from __future__ import annotations

import shutil
import time
from datetime import UTC, datetime
from pathlib import Path

from watchtower.errors import StoreError
from watchtower.store import open_store
from watchtower.store.copying import Bar, copy_history, history_of, opened, to_file
from watchtower.store.proof import Proof
from watchtower.store.sqlite import SqliteStore
from watchtower.store.statements import BACKUP

_ABANDONED = 86400.0
"""Seconds after which a file that a killed backup left is removed."""


async def back_up(
    url: str, folder: Path, keep: int | None, bar: Bar, history: bool, history_file: Path | None
) -> tuple[Path, Proof]:  # fmt: skip
    """Writes a file named by the instance and the time in UTC, and one beside it for the history where it is asked for. Then
    removes all backups of this instance but the newest `keep`, unless this one shows faults. Raises StoreError."""
    source = open_store(url, only_read=True)
    async with opened(source):
        curves = history_of(source, history_file) if history else None
        if isinstance(source, SqliteStore):
            _must_fit(source.size(), folder)
        name = f"watchtower-{await source.get('instance') or 'new'}"
        file = folder / f"{name}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.db"
        proof = await to_file(source, file, BACKUP, bar)
        await copy_history(curves, SqliteStore(file).history(), bar)
    if keep is not None and not proof.faults:
        try:
            _rotate(folder, name, file, keep)
        except OSError as error:
            raise StoreError(
                f"{file} is written, an older one cannot be removed: {error.strerror}"
            ) from error
    return file, proof


def _must_fit(size: int, folder: Path) -> None:
    """A disk that a backup fills may be the one on which the store lies."""
    free = shutil.disk_usage(folder).free
    if free < 1.2 * size:
        raise StoreError(
            f"{folder}: the disk has {free >> 20} MiB left, and the store takes {size >> 20} MiB"
        )


def _rotate(folder: Path, name: str, new: Path, keep: int) -> None:
    """By their names, which are times; the new one stays, even where a clock that was wrong gave an earlier one a later name."""
    stamp = "[0-9]" * 8 + "T" + "[0-9]" * 6 + "Z"
    others = sorted({*folder.glob(f"{name}-{stamp}.db")} - {new})
    for old in others[: max(0, len(others) + 1 - keep)]:
        old.unlink()
        old.with_name(f"{old.stem}-history.db").unlink(missing_ok=True)
    for left in folder.glob(f"{name}-{stamp}*.part*"):
        if left.stat().st_mtime < time.time() - _ABANDONED:
            left.unlink()
