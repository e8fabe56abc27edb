"""Where `watchtower login` keeps tokens: a file of the user, by the address of the daemon each is for."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from watchtower.errors import UsageError


@dataclass(slots=True)
class SavedTokens:
    """`default` is the address of the last login: commands without --url ask there."""

    default: str = ""
    tokens: dict[str, str] = field(default_factory=dict, repr=False)


def file_of(environ: Mapping[str, str]) -> Path:
    home = environ.get("XDG_CONFIG_HOME") or str(Path(environ.get("HOME") or "~").expanduser() / ".config")
    return Path(home) / "watchtower" / "login.json"


def load(environ: Mapping[str, str]) -> SavedTokens:
    """Raises UsageError for a file that others may read, or that is not ours."""
    file = file_of(environ)
    try:
        if file.stat().st_mode & 0o077:
            raise UsageError(f"{file} may be read by others: chmod 600 {file}, and make new tokens")
        kept = json.loads(file.read_text("utf-8"))
        return SavedTokens(
            str(kept["default"]), {str(url): str(token) for url, token in kept["tokens"].items()}
        )
    except FileNotFoundError:
        return SavedTokens()
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UsageError(f"{file} is not what watchtower login wrote: delete it, and log in again") from None


def save(environ: Mapping[str, str], kept: SavedTokens) -> Path:
    """Writes the file anew, readable by its owner only. Raises UsageError."""
    file = file_of(environ)
    new = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            json.dump({"default": kept.default, "tokens": kept.tokens}, out, indent=1)
        new.replace(file)
    except OSError as error:
        with suppress(OSError):
            new.unlink()
        raise UsageError(f"{file} cannot be written: {error.strerror}") from None
    return file
