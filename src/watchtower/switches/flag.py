"""A switch that is a file: the product reads its value. What it held before is kept beside it, for the way back."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from watchtower.config.degrade_tables import FlagAction
from watchtower.switches.contract import SwitchError

_BEFORE = ".before-watchtower"


def throw(action: FlagAction) -> str:
    """Write the value, whole or not at all. Doing it twice is as doing it once."""
    file, before = Path(action.file), Path(action.file + _BEFORE)
    try:
        held = file.read_text(encoding="utf-8") if file.exists() else None
        if held is not None and held != action.value and not before.exists():
            _write(before, held)
        _write(file, action.value)
    except (OSError, ValueError) as error:
        raise SwitchError(_why(error, file)) from None
    return f"{file.name} = {action.value}"


def put_back(action: FlagAction) -> str:
    """What the file held before; no file where there was none."""
    file, before = Path(action.file), Path(action.file + _BEFORE)
    try:
        if before.exists():
            os.replace(before, file)
            return f"{file.name} is as it was"
        with contextlib.suppress(FileNotFoundError):
            file.unlink()
    except OSError as error:
        raise SwitchError(_why(error, file)) from None
    return f"{file.name} is removed"


def rehearse(action: FlagAction) -> str:
    """What would be done, without doing it. Raises SwitchError when the folder cannot be written."""
    folder = Path(action.file).parent
    if not os.access(folder, os.W_OK):
        raise SwitchError(f"the folder {folder} cannot be written")
    return f"would write {action.value!r} to {Path(action.file).name}"


def _write(file: Path, text: str) -> None:
    half = file.with_name(f".{file.name}.half")
    half.write_text(text, encoding="utf-8")
    os.replace(half, file)


def _why(error: Exception, file: Path) -> str:
    said = error.strerror if isinstance(error, OSError) and error.strerror else "not a text"
    return f"{file}: {said}"
