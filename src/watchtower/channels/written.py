"""A local file as a channel: a mailbox, or a phone on the desk. Only its owner may read it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import time
from functools import partial
from pathlib import Path

from watchtower.errors import DeliveryError
from watchtower.own_thread import own_thread

_PATIENCE = 10.0
"""Seconds for the disk."""
_LOCKED = 3.0


async def append(file: Path, entry: bytes) -> None:
    """Whole or not at all. Raises DeliveryError (transient), also when somebody else holds the file's lock."""
    try:
        await own_thread(partial(_append, file, entry), "file", _PATIENCE)
    except TimeoutError:
        raise DeliveryError("file", f"{file} takes nothing within {_PATIENCE:g} s") from None
    except OSError as error:
        said = (
            "locked by another program" if isinstance(error, BlockingIOError) else error.strerror or "failed"
        )
        raise DeliveryError("file", f"cannot write {file}: {said.lower()}") from None


def _append(file: Path, entry: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    # Not waiting goes for what is no file: a pipe that nobody reads would keep the thread for ever.
    out = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    try:
        regular = stat.S_ISREG(os.fstat(out).st_mode)
        if regular:
            _lock(out)
        before = os.lseek(out, 0, os.SEEK_END) if regular else 0
        try:
            left = memoryview(entry)
            while left:
                left = left[os.write(out, left) :]
        except OSError:
            if regular:  # half a message on a full disk would be read as one
                with contextlib.suppress(OSError):
                    os.ftruncate(out, before)
            raise
        if regular:
            os.fsync(out)
    finally:
        os.close(out)


def _lock(out: int) -> None:
    """Another page of ours writes for a moment, another program perhaps for long. Raises BlockingIOError."""
    until = time.monotonic() + _LOCKED
    while True:
        try:
            return fcntl.flock(out, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                raise
            time.sleep(0.01)
