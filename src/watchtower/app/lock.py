"""Allows one daemon for each store: two on one SQLite file would page everybody twice."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from watchtower.errors import StoreError


@contextmanager
def only_one(store: str) -> Iterator[None]:
    """Holds a lock beside a SQLite store; the kernel releases it however this process ends. Raises StoreError
    when another daemon holds it. PostgreSQL stores are not locked here."""
    if not store.startswith("sqlite:///"):
        yield
        return
    file = Path(store.removeprefix("sqlite:///") + ".lock")
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StoreError(f"cannot write {file}: {error.strerror}{_whose(file.parent)}") from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StoreError(f"another watchtower is running on this store ({file} is locked)") from None
        yield
    finally:
        os.close(descriptor)


def _whose(folder: Path) -> str:
    """Whose the folder is, and who we are: of a volume in a container mostly root's."""
    try:
        there = folder.stat()
    except OSError:
        return ""
    ours, theirs = f"{os.geteuid()}:{os.getegid()}", f"{there.st_uid}:{there.st_gid}"
    return (
        f"\n  hint: {folder} belongs to {theirs} (mode {there.st_mode & 0o7777:o}), and this process is {ours}: "
        f"chown it to {ours}, or set fsGroup in Kubernetes"
    )
