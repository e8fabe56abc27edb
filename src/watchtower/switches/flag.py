"""A switch that is a file: the product reads its value. What it held before is kept beside it, for the way back.

The folder belongs to the product too, and whoever broke into that must not be able to write through us: nothing is
opened by a symbolic link, and new files are made under names that nobody can have planted.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path

from watchtower.fields import Field, Settings
from watchtower.switches.contract import SwitchError

_BEFORE = ".before-watchtower"
_LARGEST = 64 * 1024
_MODE = 0o644
"""The product reads it, often as another user."""


class FlagAction(Settings):
    """A file that the product reads; it is written to execute the plan."""

    file: str = Field(min_length=1, description="Its path, in a folder that this process may write.")
    value: str = Field(default="on", max_length=4096, description="What is written.")


def throw(action: FlagAction) -> str:
    """Writes the value, whole or not at all. Writing it twice is the same as once."""
    file = Path(action.file)
    with _folder(file) as folder:
        held, mode = _read(folder, file.name)
        if held is not None and held != action.value and _read(folder, file.name + _BEFORE)[0] is None:
            _write(folder, file.name + _BEFORE, held, mode)
        _write(folder, file.name, action.value, mode)
    return f"{file.name} = {action.value}"


def put_back(action: FlagAction) -> str:
    """Restores the file's former content; removes it where there was none."""
    file = Path(action.file)
    with _folder(file) as folder:
        if _read(folder, file.name + _BEFORE)[0] is not None:
            os.replace(file.name + _BEFORE, file.name, src_dir_fd=folder, dst_dir_fd=folder)
            return f"{file.name} is as it was"
        with contextlib.suppress(FileNotFoundError):
            os.unlink(file.name, dir_fd=folder)
    return f"{file.name} is removed"


def rehearse(action: FlagAction) -> str:
    """What would be done, without doing it. Raises SwitchError when the folder cannot be written."""
    folder = Path(action.file).parent
    if not os.access(folder, os.W_OK):
        raise SwitchError(f"the folder {folder} cannot be written")
    return f"would write {action.value!r} to {Path(action.file).name}"


@contextlib.contextmanager
def _folder(file: Path) -> Iterator[int]:
    """The file's folder, held open, so that it stays the same wherever its path leads meanwhile. Raises
    SwitchError."""
    try:
        folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            yield folder
        finally:
            os.close(folder)
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else "not a text"
        raise SwitchError(f"{file}: {said}") from None


def _read(folder: int, name: str) -> tuple[str | None, int]:
    """Content and mode; None where there is no such file. Raises OSError when it is no plain file."""
    try:
        # Without waiting for somebody at the other end of a pipe.
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    except FileNotFoundError:
        return None, _MODE
    with open(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_size > _LARGEST:
            raise OSError(0, "not a plain file of at most 64 KiB")
        return file.read(_LARGEST + 1).decode(), stat.S_IMODE(found.st_mode) & 0o777


def _write(folder: int, name: str, text: str, mode: int) -> None:
    half = f".{name}.{secrets.token_hex(8)}"
    descriptor = os.open(
        half, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode, dir_fd=folder
    )
    try:
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            os.fchmod(descriptor, mode)
        os.replace(half, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(half, dir_fd=folder)
        raise
