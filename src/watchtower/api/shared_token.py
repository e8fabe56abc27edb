"""The API token of the daemon: one for all, that was set, or that lies in a file beside the store."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from watchtower.config.environment import EnvironmentSettings
from watchtower.errors import UsageError

TOKEN_FILE = "api-token"  # noqa: S105 - a file's name


def token_for(settings: EnvironmentSettings, *, create: bool = False) -> str:
    """The API token: the one that was set, else the one in the file beside the store.

    With `create` (the daemon) the file is made when it is missing, readable by its owner only. Raises UsageError
    when there is neither a token nor a place for one.
    """
    given = settings.api_token
    if given is not None:
        return given.get_secret_value()
    file = token_file(settings.store)
    if file is None:
        raise UsageError(
            "no API token: set WATCHTOWER_API_TOKEN (a store that is no file has no place for one)"
        )
    if create:
        _create(file)
    try:
        token = file.read_text().strip()
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise UsageError(
            f"no API token: set WATCHTOWER_API_TOKEN, or WATCHTOWER_STORE as the daemon has it:"
            f" {file} cannot be read ({why})"
        ) from None
    if not token:
        raise UsageError(f"the API token in {file} is empty: delete the file, and the daemon makes another")
    return token


def token_file(store: str) -> Path | None:
    """`sqlite:///var/watchtower.db` -> `var/api-token`; None for a store that is no file."""
    scheme, _, path = store.partition("///")
    return Path(path).parent / TOKEN_FILE if scheme == "sqlite:" and path else None


def _create(file: Path) -> None:
    if file.exists():
        return
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(secrets.token_urlsafe(32) + "\n")
    except OSError as error:
        raise UsageError(f"cannot write {file}: {error.strerror}; set WATCHTOWER_API_TOKEN instead") from None
