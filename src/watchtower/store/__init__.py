"""The store keeps what must survive a restart: alerts, incidents, their timeline, and queued pages."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from watchtower.errors import StoreError
from watchtower.store.store import Store

__all__ = ["Store", "file_of", "open_store"]

_HINT = "write sqlite:///var/watchtower.db, sqlite:////data/watchtower.db (absolute) or postgresql://user@host/database"


def file_of(url: str) -> Path:
    """The file of a `sqlite:` URL. Raises StoreError where it names none."""
    path = unquote(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else ""
    if path in ("", ":memory:") or path.endswith("/"):
        raise StoreError(f"the store's URL names no file: {_HINT}")
    return Path(path)


def open_store(url: str, *, only_read: bool = False) -> Store:
    """The store that a URL names; nothing is touched before its `open()`.

    `sqlite:///relative.db`, `sqlite:////absolute.db`, `postgresql://user@host:port/database?schema=watchtower`.
    `only_read`: nothing is made or migrated. Raises StoreError for any other URL, or when PostgreSQL's driver is
    not installed.
    """
    scheme = urlsplit(url).scheme
    if scheme == "sqlite":
        from watchtower.store.sqlite import SqliteStore

        return SqliteStore(file_of(url), only_read=only_read)
    if scheme in ("postgresql", "postgres"):
        from watchtower.store.postgres import PostgresStore

        return PostgresStore(url, only_read=only_read)
    # Never the URL itself: it may hold a password.
    raise StoreError(
        f'the store\'s URL begins with "{scheme}": {_HINT}' if scheme else f"the store has no URL: {_HINT}"
    )
