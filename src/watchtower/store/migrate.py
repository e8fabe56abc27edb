"""Numbered SQL files, one folder per database: `0001_first.sql` takes a store from version 0 to 1."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files

from watchtower.errors import StoreError
from watchtower.values import Frozen


class Migration(Frozen):
    """One step; it takes the store to `version`."""

    version: int
    name: str
    sql: str


def migrations(dialect: str) -> Sequence[Migration]:
    """All steps of `sqlite` or `postgres` in order."""
    scripts = [
        f for f in (files("watchtower.store") / "migrations" / dialect).iterdir() if f.name.endswith(".sql")
    ]
    steps = [Migration(int(f.name.split("_", 1)[0]), f.name, f.read_text("utf-8")) for f in scripts]
    return sorted(steps, key=lambda step: step.version)


def not_empty(where: object) -> str:
    return f"{where} is not empty: give it a schema of its own (?schema=NAME)"


def older(where: object) -> str:
    """What is said where a store lacks steps and may not get them now."""
    return f"{where} is of an older watchtower: the next start of the daemon brings it up to date"


def missing(steps: Sequence[Migration], version: int, where: str) -> Sequence[Migration]:
    """The steps that a store of this version lacks. Raises StoreError when it is newer than this program."""
    newest = steps[-1].version
    if version > newest:
        raise StoreError(
            f"{where} was written by a newer watchtower (schema {version}, this one knows {newest}): "
            "run that version again, or give this one a store of its own"
        )
    return [step for step in steps if step.version > version]
